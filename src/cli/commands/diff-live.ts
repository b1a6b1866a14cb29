import type { Finding, LiveReport, LiveTask } from "../../../codegen/commands.js";
import { type Context, type Outcome, refusal } from "../outcome.js";
import type { DiffFlags } from "./diff-flags.js";
import { projectOptions } from "./project.js";
import { namedStore, openStore, shownUrl } from "./store.js";

/** How long a store may take to answer. */
const DEADLINE = "5s";

/** Runs `taskora diff --live`: 5 when a job that waits would fail. */
export async function runLive(flags: DiffFlags, context: Context): Promise<Outcome> {
  const { terminal, codegen } = context;
  const project = projectOptions(flags, terminal);
  const limit = Number(flags.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    const message = `expected --limit to be a whole number from 1 to 1000, got "${flags.limit}"`;
    return refusal({ code: "COMMAND_LINE", message, hint: "Leave it out for 200." }, context);
  }
  const store = namedStore(
    flags,
    flags.store === undefined ? (await codegen.loadConfig(project)).store : undefined,
  );
  if (store === undefined) {
    const hint = "Name it: --store redis://localhost:6379, TASKORA_STORE, or store in the config.";
    return refusal(
      { code: "STORE_UNNAMED", message: "--live reads a store, and none was named.", hint },
      context,
    );
  }
  const opened = await openStore(store, DEADLINE);
  if (opened.status === "closed") {
    const message = `The jobs cannot be read. ${opened.reason}`;
    const hint = "Check the url and that the server runs, and run taskora diff --live again.";
    return refusal({ code: "STORE_UNREADABLE", message, hint }, context);
  }
  try {
    const report = await codegen.sampleStore({
      ...project,
      source: opened.source,
      limit,
      payloads: flags.showPayloads === true ? "shown" : "hidden",
      ...(flags.task === undefined ? {} : { tasks: flags.task }),
    });
    return {
      exitCode: report.exitCode,
      data: { store: shownUrl(store.url), limit, tasks: report.tasks },
      findings: report.tasks.flatMap(findingsOf),
      show: () => terminal.out(renderLive(report, limit)),
    };
  } finally {
    await opened.close();
  }
}

/** What would fail once a worker takes it is an error; a job that has failed already matters only when it is revived. */
function findingsOf({ name, states }: LiveTask): Finding[] {
  return Object.entries(states).flatMap(([state, { sampled, failures }]) =>
    failures.map(({ path, count }) => ({
      code: "JOB_UNREADABLE" as const,
      severity: state === "failed" ? ("warning" as const) : ("error" as const),
      task: name,
      message: `${count} of ${sampled} sampled ${state} jobs of ${name} fail at ${path}.`,
      hint: "Let the contract accept them, or raise its version and add a migration.",
    })),
  );
}

/** `email.send: 3 of 200 sampled fail at input.userId`. */
function renderLive(report: LiveReport, limit: number): string {
  if (report.tasks.length === 0) return "No job waits, is delayed, retries or has failed.";
  const tasks = report.tasks.flatMap(renderTask);
  const verdict =
    report.exitCode === 0 ? "✔ every job that waits would parse" : "✖ jobs that wait would fail";
  return [...tasks, "", `${verdict} (at most ${limit} jobs per task and state were read)`].join("\n");
}

function renderTask(task: LiveTask): readonly string[] {
  return Object.entries(task.states).flatMap(([state, found]) => {
    const newer = found.newer > 0 ? `, ${found.newer} wait for a newer worker` : "";
    if (found.failed === 0) return [`${task.name} ${state}: ${found.sampled} sampled, all parse${newer}`];
    return found.failures.flatMap(({ path, count, example }) => [
      `${task.name} ${state}: ${count} of ${found.sampled} sampled fail at ${path}${newer}`,
      ...(example === undefined
        ? []
        : [`  job ${example.id}: ${example.message}`, `  ${JSON.stringify(example.payload)}`]),
    ]);
  });
}
