/** The commands about schedules, workflows, workers and events, and those that carry jobs from one store to another. */
import { type Command, Option } from "commander";
import { runs, type Session } from "../execute.js";
import {
  chooses,
  examples,
  noun,
  operates,
  operatesOnStore,
  pace,
  several,
  usualVerb,
  whole,
  withReason,
} from "./flags.js";
import type { ScheduleVerb } from "./schedules.js";
import type { WorkerVerb } from "./workers.js";

/** Declares them. */
export function addOtherOperations(program: Command, session: Session): void {
  addSchedules(program, session);
  addWorkflows(program, session);
  addWorkers(program, session);
  addHistories(program, session);
  addTop(program, session);
  addBoard(program, session);
  addTail(program, session);
  addTransfers(program, session);
}

function addSchedules(program: Command, session: Session): void {
  const schedules = noun(program, "schedules", "the schedules of a store: list, next, pause, trigger", [
    "taskora schedules",
    "taskora schedules next report.daily",
  ]);
  const list = operates(usualVerb(schedules, "list"))
    .description("every schedule with its times and its next slot")
    .addHelpText(
      "after",
      examples(["taskora schedules", "taskora schedules list --json | jq .data.schedules"]),
    );
  runs(list, session, async () => (await import("./schedules.js")).runSchedulesList);
  const get = operates(schedules.command("get"))
    .argument("<schedule>", "the name of a schedule")
    .description("one schedule with all of its settings")
    .addHelpText("after", examples(["taskora schedules get report.daily"]));
  runs(get, session, async () => (await import("./schedules.js")).runSchedulesGet);
  const next = operates(schedules.command("next"))
    .argument("<schedule>", "the name of a schedule")
    .description("the next slots of a schedule, in UTC and in its zone")
    .option("--count <number>", "how many", whole(1, 1000), 5)
    .addHelpText("after", examples(["taskora schedules next report.daily --count 10"]));
  runs(next, session, async () => (await import("./schedules.js")).runSchedulesNext);
  for (const [verb, description] of SCHEDULE_VERBS) {
    const command = withReason(operates(schedules.command(verb)))
      .argument("<schedule>", "the name of a schedule")
      .description(description)
      .addHelpText("after", examples([`taskora schedules ${verb} report.daily`]));
    if (verb === "remove") command.option("-y, --yes", "do it without a question");
    runs(command, session, async () => {
      const { runSchedulesChange } = await import("./schedules.js");
      return (flags: Parameters<typeof runSchedulesChange>[1], context) =>
        runSchedulesChange(verb, flags, context);
    });
  }
}

const SCHEDULE_VERBS: readonly (readonly [ScheduleVerb, string])[] = [
  ["pause", "fire no more slots of a schedule, in no process"],
  ["resume", "go on with the next slot"],
  ["trigger", "dispatch one job of it now, and print its id"],
  ["remove", "forget a schedule; its jobs stay"],
];

function addWorkflows(program: Command, session: Session): void {
  const workflows = noun(program, "workflows", "the workflows of a store: list, get, cancel, resume", [
    "taskora workflows --state failed",
    "taskora workflows get BfSZ3P2nQkX0-1",
  ]);
  const list = operates(usualVerb(workflows, "list"))
    .description("workflows, those that run first")
    .option("--state <states>", "delayed, running, completed, failed, …", several)
    .option("--limit <number>", "at most so many", whole(1, 1_000_000), 50)
    .addHelpText("after", examples(["taskora workflows", "taskora workflows list --state failed,cancelled"]));
  runs(list, session, async () => (await import("./workflows.js")).runWorkflowsList);
  const get = operates(workflows.command("get"))
    .argument("<workflow>", "the id of a workflow")
    .description("one workflow with its steps")
    .addHelpText("after", examples(["taskora workflows get BfSZ3P2nQkX0-1"]));
  runs(get, session, async () => (await import("./workflows.js")).runWorkflowsGet);
  for (const verb of ["cancel", "resume"] as const) {
    const command = withReason(operates(workflows.command(verb)))
      .argument("<workflow>", "the id of a workflow")
      .description(
        verb === "cancel"
          ? "end a workflow and all its steps"
          : "run a failed workflow again from where it failed",
      )
      .addHelpText("after", examples([`taskora workflows ${verb} BfSZ3P2nQkX0-1`]));
    if (verb === "cancel") command.option("-y, --yes", "do it without a question");
    runs(command, session, async () => {
      const { runWorkflowsChange } = await import("./workflows.js");
      return (flags: Parameters<typeof runWorkflowsChange>[1], context) =>
        runWorkflowsChange(verb, flags, context);
    });
  }
}

function addWorkers(program: Command, session: Session): void {
  const workers = noun(program, "workers", "the live workers over a store: list, quiet, resume, close", [
    "taskora workers",
    "taskora workers quiet kx3v9Q2a",
  ]);
  const list = operates(usualVerb(workers, "list"))
    .description("every live worker with its machine, how it is and its tasks")
    .option("--task <task>", "only those that work on this task")
    .addHelpText("after", examples(["taskora workers", "taskora workers list --task email.send"]));
  runs(list, session, async () => (await import("./workers.js")).runWorkersList);
  for (const [verb, description] of WORKER_VERBS) {
    const command = withReason(operates(workers.command(verb)))
      .argument("<id...>", "the ids of workers")
      .description(description)
      .addHelpText("after", examples([`taskora workers ${verb} kx3v9Q2a`]));
    if (verb === "close") command.option("-y, --yes", "do it without a question");
    runs(command, session, async () => {
      const { runWorkersTell } = await import("./workers.js");
      return (flags: Parameters<typeof runWorkersTell>[1], context) => runWorkersTell(verb, flags, context);
    });
  }
}

const WORKER_VERBS: readonly (readonly [WorkerVerb, string])[] = [
  ["quiet", "let workers begin no more jobs; what runs goes on"],
  ["resume", "let them begin jobs again"],
  ["close", "let them close as SIGTERM would: what runs may end"],
];

/** What went wrong, and what somebody changed. */
function addHistories(program: Command, session: Session): void {
  const errors = operates(program.command("errors"))
    .description("the kinds of errors that jobs failed with, the last first")
    .option("--task <task>", "only of this task")
    .option("--days <number>", "today and so many days before, one less", whole(1, 7), 7)
    .option("--limit <number>", "so many kinds", whole(1, 1000), 20)
    .addHelpText("after", examples(["taskora errors", "taskora errors --task email.send --days 1"]));
  runs(errors, session, async () => (await import("./errors.js")).runErrors);
  const audit = operates(program.command("audit"))
    .description("who changed what by hand, the last first")
    .option("--limit <number>", "so many changes", whole(1, 1000), 20)
    .addHelpText("after", examples(["taskora audit", "taskora audit --json | jq .data.entries"]));
  runs(audit, session, async () => (await import("./audit.js")).runAudit);
  const metrics = operates(program.command("metrics"))
    .description("the numbers of a store as text for Prometheus")
    .option("--openmetrics", "in the form of OpenMetrics")
    .addHelpText(
      "after",
      examples(["taskora metrics", "taskora metrics > /var/lib/node_exporter/taskora.prom"]),
    );
  runs(metrics, session, async () => (await import("./metrics.js")).runMetrics);
  const doctor = operates(program.command("doctor"))
    .description("what is wrong with a store and its tasks, why it matters, and what to do")
    .option("--deep", "look through what the store holds as well: indexes, keys, counters")
    .option("--most <entries>", "with --deep, of each index or table", whole(1, 10_000_000), 20_000)
    .addHelpText(
      "after",
      examples(["taskora doctor", "taskora doctor --deep", "taskora doctor --json | jq .findings"]),
    );
  runs(doctor, session, async () => (await import("./doctor.js")).runDoctor);
}

function addTop(program: Command, session: Session): void {
  const top = operatesOnStore(program.command("top"))
    .description("a store on one screen: tasks, jobs, workers, errors, with keys to act")
    .option("--once", "print the tasks once; also where there is no terminal")
    .option("--task <tasks>", "only these, commas between, such as email.*", several)
    .addOption(new Option("--interval <time>", "read the store so often").argParser(pace).default(1000, "1s"))
    .addHelpText("after", examples(["taskora top", "taskora top --once --json | jq .data.top.sum"]));
  runs(top, session, async () => (await import("../top/top.js")).runTop);
}

function addBoard(program: Command, session: Session): void {
  const board = noun(program, "board", "the picture of a store in a browser, on this machine", [
    "taskora board",
    "taskora board --store redis://localhost:6379 --read-only",
    "taskora board hash < password.txt",
  ]);
  const serve = operatesOnStore(usualVerb(board, "serve"))
    .description("open a port for the board, and print a URL that lets in once")
    .option("--port <number>", "0: any that is free", whole(0, 65_535), 7070)
    .option("--host <address>", "an address of this machine that others may reach", "127.0.0.1")
    .option("--password-file <file>", "a password lets in too: the first line of this file")
    .option("--read-only", "nobody changes anything")
    .option("--open", "open the browser (default: on a terminal)")
    .option("--no-open", "do not")
    .addHelpText("after", examples(["taskora board", "taskora board --port 0 --no-open --read-only"]));
  runs(serve, session, async () => (await import("../board/board.js")).runBoard);
  const hash = board
    .command("hash")
    .description("what users of createBoard() have in place of a password, which stdin gives")
    .option("--password-file <file>", "the first line of this file, in place of stdin")
    .addHelpText("after", examples(["taskora board hash < password.txt"]));
  runs(hash, session, async () => (await import("../board/hash.js")).runBoardHash);
}

function addTail(program: Command, session: Session): void {
  const tail = operatesOnStore(program.command("tail"))
    .argument("[filter...]", "which events: task, id, state, error, code, attempt")
    .description("what happens to jobs, as it happens")
    .option("--limit <number>", "end after so many", whole(1, 1_000_000))
    .addHelpText(
      "after",
      examples([
        "taskora tail",
        "taskora tail task:email.send state:failed",
        "taskora tail --json | jq .data.event",
      ]),
    );
  runs(tail, session, async () => (await import("./tail.js")).runTail);
}

function addTransfers(program: Command, session: Session): void {
  const out = chooses(operatesOnStore(program.command("export")))
    .argument("[filter...]", "which jobs; default: all")
    .description("write jobs to stdout, each on a line of JSON")
    .addHelpText(
      "after",
      examples(["taskora export > jobs.ndjson", "taskora export 'state:failed age<1d' | gzip > failed.gz"]),
    );
  runs(out, session, async () => (await import("./export.js")).runExport);
  const into = operatesOnStore(program.command("import"))
    .argument("<file>", "what export wrote, or - for stdin")
    .description("dispatch the jobs of an export anew, each once in 7 days")
    .option("--state <states>", "default: waiting,delayed,active,retrying,failed", several)
    .option("--dry-run", "count them, and dispatch nothing")
    .option("-y, --yes", "do it without a question")
    .addHelpText(
      "after",
      examples(["taskora import jobs.ndjson --dry-run", "zcat failed.gz | taskora import - --yes"]),
    );
  runs(into, session, async () => (await import("./import.js")).runImport);
}
