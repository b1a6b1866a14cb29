import {
  type BoardClient,
  CHECKS,
  type ContentsExamination,
  type Examination,
  examine,
  examineContents,
  type Note,
} from "taskora/board";
import { countText } from "../../core/words.js";
import type { NamedStore } from "../commands/store.js";
import type { Context, ListedFinding, Outcome } from "../outcome.js";
import { count } from "../report.js";
import { wrapText } from "../terminal.js";
import { type OperateFlags, type Operation, withApp, withStoreApp } from "./store-app.js";
import { versionsIn } from "./versions.js";

/** The flags of `taskora doctor`. */
export interface DoctorFlags extends OperateFlags {
  readonly deep?: boolean;
  /** With `deep`: entries of each index that are looked at. */
  readonly most: number;
}

/** Runs `taskora doctor`. */
export async function runDoctor(flags: DoctorFlags, context: Context): Promise<Outcome> {
  // Only whoever reaches the store itself can look beneath its verbs.
  const within = flags.deep === true ? withStoreApp : withApp;
  return within(flags, context, async (operation: Operation) => {
    const { through } = operation;
    const isBoard = through.kind === "board";
    const examination = isBoard ? await examineBoard(through.client) : await examine(through.app);
    const ofPostgres = isBoard ? [] : await postgresNotes(through.store);
    const contents =
      flags.deep === true && !isBoard ? await examineContents(through.app, { most: flags.most }) : undefined;
    const notes = [...examination.notes, ...ofPostgres, ...(contents?.notes ?? [])];
    const { ok, findings, critical } = operation.codegen.EXIT_CODES;
    const isCritical = notes.some(({ severity }) => severity === "critical");
    const exitCode = notes.length === 0 ? ok : isCritical ? critical : findings;
    const { notes: _notes, ...looked } = examination;
    return {
      exitCode,
      data: {
        checks: CHECKS.filter(
          (check) => !(isBoard && check === "postgres") && (contents || check !== "contents"),
        ),
        looked: { ...looked, ...(contents && { entries: contents.entries, passed: contents.passed }) },
        versions: versionsIn(process.cwd()),
      },
      findings: notes.map(toFinding),
      show: () => show(notes, { ...examination, contents }, operation),
    };
  });
}

/** A board looks as thoroughly, but for what `checkPostgres` asks of the server. */
async function examineBoard({ store, tasks, schedules }: BoardClient): Promise<Examination> {
  const { kind, servers, notes } = await store.health();
  const counted = { tasks: 0, schedules: 0 };
  for await (const _ of tasks.list({ limit: 1000 })) counted.tasks++;
  for await (const _ of schedules.list({ limit: 1000 })) counted.schedules++;
  return { kind, servers: servers.length, ...counted, notes };
}

function toFinding({ check, severity, what, why, advice, task }: Note): ListedFinding {
  return {
    ...{ code: check, severity: severity === "critical" ? "error" : "warning" },
    ...{ message: what, details: why, hint: advice },
    ...(task === undefined ? {} : { task }),
  };
}

/** What `checkPostgres` finds, where the store is one. */
async function postgresNotes({ url, prefix }: NamedStore): Promise<readonly Note[]> {
  if (!/^postgres(ql)?:/.test(url)) return [];
  const { checkPostgres } = await import("taskora/postgres");
  return checkPostgres({ url, ...(prefix === undefined ? {} : { schema: prefix }) });
}

interface Shown extends Examination {
  readonly contents: ContentsExamination | undefined;
}

function show(
  notes: readonly Note[],
  { tasks, schedules, servers, contents }: Shown,
  { terminal, place }: Operation,
): void {
  const { outColors: colors } = terminal;
  for (const { check, severity, what, why, advice } of notes) {
    const paint = severity === "critical" ? colors.red : colors.yellow;
    terminal.out(`${paint(severity.padEnd(8))}  ${colors.bold(check)}`);
    for (const text of [what, why, `→ ${advice}`]) {
      for (const line of wrapText(text, terminal.columns - 10)) terminal.out(`          ${line}`);
    }
    terminal.out("");
  }
  const things = [count(servers, "server"), count(tasks, "task"), count(schedules, "schedule")];
  if (contents !== undefined) things.push(`${countText(contents.entries)} entries`);
  for (const passed of contents?.passed ?? []) terminal.talk(`Not looked at: ${passed}.`);
  const looked = `${place}: ${things.join(", ")}`;
  if (notes.length === 0) {
    terminal.out(`${colors.green("✔")} All is well at ${looked}.`);
    return;
  }
  const critical = notes.filter(({ severity }) => severity === "critical").length;
  const worst = critical === 0 ? "" : `, ${critical} critical`;
  terminal.talk(`✖ ${count(notes.length, "finding")}${worst} at ${looked}`);
}
