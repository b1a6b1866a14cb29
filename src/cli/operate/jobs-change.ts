import type { BulkOptions, BulkResult, ChangeResult, Duration, JobRef } from "taskora";
import type { BoardJobs } from "taskora/board";
import type { Finding } from "../../../codegen/commands.js";
import { countText } from "../../core/words.js";
import { type Context, type Outcome, refusal } from "../outcome.js";
import { count } from "../report.js";
import { stoppedBySignals } from "../signals.js";
import { confirm } from "./confirm.js";
import { jobUnknown } from "./jobs-get.js";
import { type ChosenFlags, queryOf } from "./jobs-list.js";
import { now } from "./now.js";
import { type SaidFlags, saidIn } from "./said.js";
import { type OperateFlags, type Operation, withApp } from "./store-app.js";

/** What can be done to jobs: the verbs of `taskora.jobs`. */
export type JobVerb = "retry" | "cancel" | "promote" | "remove" | "reschedule" | "prioritize";

/** The flags of `taskora jobs retry` and its like. */
export interface JobsChangeFlags extends OperateFlags, ChosenFlags, SaidFlags {
  readonly id: readonly string[];
  readonly where?: string;
  readonly all?: true;
  readonly rate?: number;
  readonly limit?: number;
  readonly dryRun?: true;
  readonly cursor?: string;
  readonly yes?: true;
  /** Of `reschedule`. */
  readonly delay?: string;
  readonly runAt?: string;
  /** Of `prioritize`. */
  readonly priority?: number;
}

/** Runs a change of one job, of some, or of all that a filter chooses. */
export async function runJobsChange(
  verb: JobVerb,
  flags: JobsChangeFlags,
  context: Context,
): Promise<Outcome> {
  const wrong = wrongChoice(verb, flags);
  if (wrong !== undefined) {
    const hint = `taskora jobs ${verb} --help shows both ways.`;
    return refusal({ code: "COMMAND_LINE", message: wrong, hint }, context);
  }
  return withApp(flags, context, (operation) =>
    flags.id.length > 0 ? changeNamed(verb, flags, operation) : changeChosen(verb, flags, operation),
  );
}

function wrongChoice(
  verb: JobVerb,
  { id, where, all, task, state, delay, runAt, priority }: JobsChangeFlags,
): string | undefined {
  const isChosen = where !== undefined || all === true || (task !== undefined && id.length === 0);
  if (id.length > 0 && (where !== undefined || all === true)) return "expected ids or --where, got both";
  if (id.length === 0 && !isChosen)
    return "everything has to be asked for: expected ids, --where, --task or --all";
  if (id.length > 0 && state !== undefined)
    return "--state goes with --where: a job that is named has the state it has";
  if (verb === "reschedule" && (delay === undefined) === (runAt === undefined))
    return "expected --delay or --run-at";
  if (verb === "prioritize" && priority === undefined) return "expected --priority";
  return undefined;
}

/** A change of one, as the API has it. */
function changeOne({ jobs }: Operation["app"], verb: JobVerb, flags: JobsChangeFlags) {
  const said = saidIn(flags);
  return (ref: JobRef): Promise<ChangeResult> => {
    switch (verb) {
      case "reschedule":
        return jobs.reschedule(ref, { ...timeIn(flags), ...said });
      case "prioritize":
        return jobs.changePriority(ref, flags.priority ?? 0, said);
      case "retry":
        return jobs
          .retry(ref, said)
          .then(({ status, ...rest }) => ({ status, ...("state" in rest ? rest : {}) }) as ChangeResult);
      default:
        return jobs[verb](ref, said);
    }
  };
}

function timeIn({ delay, runAt }: JobsChangeFlags): { readonly delay?: Duration; readonly runAt?: Date } {
  return {
    ...(delay === undefined ? {} : { delay: delay as Duration }),
    ...(runAt === undefined ? {} : { runAt: new Date(runAt) }),
  };
}

async function changeNamed(verb: JobVerb, flags: JobsChangeFlags, operation: Operation): Promise<Outcome> {
  const { app, terminal } = operation;
  const declined = await confirmNamed(verb, flags, operation);
  if (declined !== undefined) return declined;
  const change = changeOne(app, verb, flags);
  const done: {
    readonly id: string;
    readonly task?: string;
    readonly status: string;
    readonly state?: string;
  }[] = [];
  for (const id of flags.id) {
    const task = flags.task?.[0] ?? (await app.jobs.get({ id }))?.task;
    if (task === undefined) done.push({ id, status: "missing" });
    else
      done.push({
        id,
        task,
        ...(flags.dryRun === true ? { status: "unchanged" } : await change({ task, id })),
      });
  }
  const [first] = done;
  if (done.length === 1 && first?.status === "missing") return jobUnknown(first.id, operation);
  const findings = done.flatMap(({ id, status, state }): Finding[] => {
    if (status === "missing") {
      const hint = "It may have been pruned.";
      return [
        {
          code: "JOB_UNKNOWN",
          severity: "error",
          message: `The store holds no job with the id ${id}.`,
          hint,
        },
      ];
    }
    return status === "refused" ? [refused(`Job ${id} is ${state}, which does not allow it.`)] : [];
  });
  const show = () => {
    for (const { id, status, state } of done)
      terminal.out(`${id} ${status === "refused" ? `refused: it is ${state}` : status}`);
  };
  const exitCode = operation.codegen.exitCodeFor(findings);
  return { exitCode, data: { action: verb, dryRun: flags.dryRun === true, jobs: done }, findings, show };
}

function refused(message: string): Finding {
  const hint = "taskora jobs get shows where it stands.";
  return { code: "CHANGE_REFUSED", severity: "error", message, hint };
}

/** One job may be changed at once, unless it is gone then. */
function confirmNamed(
  verb: JobVerb,
  flags: JobsChangeFlags,
  context: Operation,
): Promise<Outcome | undefined> {
  const { length } = flags.id;
  const asks = flags.dryRun !== true && (verb === "remove" || length > 1);
  if (!asks) return Promise.resolve(undefined);
  const which = length === 1 ? `job ${flags.id[0]}` : count(length, "job");
  return confirm({ question: `${capital(verb)} ${which}?`, yes: flags.yes }, context);
}

const CALLS = {
  retry: "retryAll",
  cancel: "cancelAll",
  promote: "promoteAll",
  remove: "removeAll",
  reschedule: "rescheduleAll",
  prioritize: "changePriorityAll",
} as const satisfies Record<JobVerb, keyof BoardJobs>;

function changeAll(
  app: Operation["app"],
  verb: JobVerb,
  query: BulkOptions & Record<string, unknown>,
): Promise<BulkResult> {
  const call = app.jobs[CALLS[verb]] as (query: BulkOptions) => Promise<BulkResult>;
  return call(query);
}

async function changeChosen(verb: JobVerb, flags: JobsChangeFlags, operation: Operation): Promise<Outcome> {
  const { app } = operation;
  const { limit, rate: perSecond, cursor, all, dryRun } = flags;
  const query: BulkOptions & Record<string, unknown> = {
    ...queryOf(flags, flags.where === undefined ? [] : [flags.where]),
    ...(all === true ? { all } : {}),
    ...{ limit, cursor, signal: stoppedBySignals(), ...saidIn(flags) },
    ...(verb === "reschedule" ? timeIn(flags) : {}),
    ...(verb === "prioritize" ? { priority: flags.priority } : {}),
  };
  const isDry = dryRun === true;
  if (!isDry) {
    const declined = await confirmChosen(verb, { query, flags }, operation);
    if (declined !== undefined) return declined;
  }
  const result = await changeAll(app, verb, {
    ...query,
    perSecond,
    dryRun: isDry,
    onProgress: progress({ verb, isDry }, operation),
  });
  return outcomeOf(verb, { result, isDry, limit }, operation);
}

/** Counts first, where somebody is asked. */
async function confirmChosen(
  verb: JobVerb,
  {
    query,
    flags,
  }: { readonly query: BulkOptions & Record<string, unknown>; readonly flags: JobsChangeFlags },
  operation: Operation,
): Promise<Outcome | undefined> {
  if (flags.yes === true) return undefined;
  const mayAsk = operation.terminal.isInteractive && !operation.isJson;
  if (!mayAsk)
    return confirm({ question: `${capital(verb)} every job that fits?`, yes: flags.yes }, operation);
  const { matched } = await changeAll(operation.app, verb, { ...query, dryRun: true });
  if (matched === 0)
    return outcomeOf(
      verb,
      { result: { matched, applied: 0, refused: 0, missing: 0 }, isDry: true },
      operation,
    );
  return confirm(
    { question: `${capital(verb)} ${countText(matched)} ${matched === 1 ? "job" : "jobs"}?`, yes: flags.yes },
    operation,
  );
}

const TELL_EACH_MS = 2000;

/** Tells now and then how far it is. */
function progress(
  { verb, isDry }: { readonly verb: JobVerb; readonly isDry: boolean },
  { terminal }: Operation,
): (done: BulkResult) => void {
  let toldAt = now();
  return ({ matched, applied }) => {
    if (now() - toldAt < TELL_EACH_MS) return;
    toldAt = now();
    const text = isDry ? `${countText(matched)} fit so far` : `${PAST[verb]} ${countText(applied)} so far`;
    terminal.talk(terminal.talkColors.dim(text));
  };
}

function outcomeOf(
  verb: JobVerb,
  {
    result,
    isDry,
    limit,
  }: { readonly result: BulkResult; readonly isDry: boolean; readonly limit?: number | undefined },
  operation: Operation,
): Outcome {
  const { terminal, codegen } = operation;
  const isStopped = stoppedBySignals().aborted;
  const findings: Finding[] = [];
  if (isStopped) {
    const hint = "Run it again to do the rest.";
    findings.push({
      code: "STOPPED",
      severity: "error",
      message: `Stopped: ${summary(verb, result, isDry)}.`,
      hint,
    });
  } else if (result.refused > 0) {
    findings.push(
      refused(`${count(result.refused, "job")} had another state by then, which does not allow it.`),
    );
  }
  const show = () => {
    terminal.out(summary(verb, result, isDry));
    if (isStopped) terminal.complain(`Stopped. ${findings[0]?.hint ?? ""}`);
    else if (result.cursor !== undefined && limit !== undefined)
      terminal.talk(terminal.talkColors.dim("--limit was reached: there may be more."));
  };
  return {
    exitCode: codegen.exitCodeFor(findings),
    data: { action: verb, dryRun: isDry, ...result },
    findings,
    show,
  };
}

function summary(
  verb: JobVerb,
  { matched, applied, refused: not, missing }: BulkResult,
  isDry: boolean,
): string {
  if (isDry) return `${countText(matched)} ${matched === 1 ? "job fits" : "jobs fit"}; nothing was changed`;
  const rest = [not > 0 ? `${countText(not)} refused` : "", missing > 0 ? `${countText(missing)} gone` : ""];
  return [
    `${PAST[verb]} ${countText(applied)} of ${countText(matched)} jobs`,
    ...rest.filter((text) => text !== ""),
  ].join(", ");
}

const PAST: Readonly<Record<JobVerb, string>> = {
  retry: "retried",
  cancel: "cancelled",
  promote: "promoted",
  remove: "removed",
  reschedule: "rescheduled",
  prioritize: "changed the priority of",
};

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
