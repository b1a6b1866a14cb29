import { type BoardClient, CHECKS, type Examination, examine, type Note } from "taskora/board";
import type { NamedStore } from "../commands/store.js";
import type { Context, ListedFinding, Outcome } from "../outcome.js";
import { count } from "../report.js";
import { wrapText } from "../terminal.js";
import { type OperateFlags, type Operation, withApp } from "./store-app.js";
import { versionsIn } from "./versions.js";

/** Runs `taskora doctor`. */
export async function runDoctor(flags: OperateFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async (operation) => {
    const { through } = operation;
    const isBoard = through.kind === "board";
    const examination = isBoard ? await examineBoard(through.client) : await examine(through.app);
    const ofPostgres = isBoard ? [] : await postgresNotes(through.store);
    const notes = [...examination.notes, ...ofPostgres];
    const { ok, findings, critical } = operation.codegen.EXIT_CODES;
    const isCritical = notes.some(({ severity }) => severity === "critical");
    const exitCode = notes.length === 0 ? ok : isCritical ? critical : findings;
    const { notes: _notes, ...looked } = examination;
    return {
      exitCode,
      data: {
        checks: isBoard ? CHECKS.filter((check) => check !== "postgres") : CHECKS,
        looked,
        versions: versionsIn(process.cwd()),
      },
      findings: notes.map(toFinding),
      show: () => show(notes, examination, operation),
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

function show(
  notes: readonly Note[],
  { tasks, schedules, servers }: Examination,
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
  const looked = `${place}: ${things.join(", ")}`;
  if (notes.length === 0) {
    terminal.out(`${colors.green("✔")} All is well at ${looked}.`);
    return;
  }
  const critical = notes.filter(({ severity }) => severity === "critical").length;
  const worst = critical === 0 ? "" : `, ${critical} critical`;
  terminal.talk(`✖ ${count(notes.length, "finding")}${worst} at ${looked}`);
}
