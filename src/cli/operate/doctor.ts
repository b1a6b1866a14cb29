import { CHECKS, type Examination, examine, type Note } from "taskora/board";
import type { NamedStore } from "../commands/store.js";
import type { Context, ListedFinding, Outcome } from "../outcome.js";
import { count } from "../report.js";
import { wrapText } from "../terminal.js";
import { type OperateFlags, type Operation, withApp } from "./store-app.js";

/** Runs `taskora doctor`. */
export async function runDoctor(flags: OperateFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async (operation) => {
    const examination = await examine(operation.app);
    const notes = [...examination.notes, ...(await postgresNotes(operation.store))];
    const { ok, findings, critical } = operation.codegen.EXIT_CODES;
    const isCritical = notes.some(({ severity }) => severity === "critical");
    const exitCode = notes.length === 0 ? ok : isCritical ? critical : findings;
    const { notes: _notes, ...looked } = examination;
    return {
      exitCode,
      data: { checks: CHECKS, looked },
      findings: notes.map(toFinding),
      show: () => show(notes, examination, operation),
    };
  });
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
