import type { LiveReport, LiveTask } from "taskora/codegen";
import type { RedisReader } from "taskora/redis";
import { talkFindings } from "../report.js";
import type { DiffFlags, Output } from "./diff-flags.js";

const CANNOT_RUN = 2;

/** Runs `taskora diff --live` and returns the exit code: 5 when a job that waits would fail. */
export async function runLive(flags: DiffFlags & { readonly live: string }, output: Output): Promise<number> {
  const { terminal, codegen } = output;
  const limit = Number(flags.limit ?? "200");
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    terminal.talk(`error: expected --limit to be a whole number from 1 to 1000, got "${flags.limit}"`);
    return CANNOT_RUN;
  }
  if (output.format !== "text" && output.format !== "json") {
    terminal.talk(`error: --live prints text or json, got "${output.format}"`);
    return CANNOT_RUN;
  }
  const source = await connect(flags, output);
  if (source === undefined) return CANNOT_RUN;
  try {
    const report = await codegen.sampleStore({
      source,
      limit,
      payloads: flags.showPayloads === true ? "shown" : "hidden",
      ...(flags.config === undefined ? {} : { configFile: flags.config }),
      onPrint: (text) => terminal.talk(terminal.talkColors.dim(text.trimEnd())),
    });
    if (output.format === "json") terminal.out(JSON.stringify(report, undefined, 2));
    else terminal.out(renderLive(report, limit));
    return report.exitCode;
  } finally {
    await source.close();
  }
}

/** The only place that opens a connection; nothing of the url is shown, since it may hold a password. */
async function connect(
  flags: { readonly live: string; readonly prefix?: string },
  output: Output,
): Promise<RedisReader | undefined> {
  if (!/^rediss?:\/\//.test(flags.live)) {
    output.terminal.talk("error: expected --live to be a redis:// or rediss:// url");
    return undefined;
  }
  const { redisReader } = await import("taskora/redis");
  try {
    const prefix = flags.prefix === undefined ? {} : { prefix: flags.prefix };
    const reader = redisReader({ url: flags.live, deadline: "5s", ...prefix });
    await reader.connect();
    return reader;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const finding = {
      code: "STORE_UNREADABLE",
      severity: "error",
      message: `The jobs cannot be read. ${message}`,
      hint: "Check the url and that the server runs, and run taskora diff --live again.",
    } as const;
    talkFindings([finding], output.terminal, output.codegen);
    return undefined;
  }
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
