/** The commands that operate on a store, and their flags. Each is loaded when it runs. */
import type { Command } from "commander";
import { runs, type Session } from "../execute.js";
import { excludes } from "../flag-rules.js";
import { addOtherOperations } from "./declare-others.js";
import {
  chooses,
  examples,
  noun,
  operates,
  perSecond,
  repeated,
  several,
  usualVerb,
  whole,
  withReason,
} from "./flags.js";
import type { JobVerb } from "./jobs-change.js";

/** Declares them. */
export function addOperations(program: Command, session: Session): void {
  addTasks(program, session);
  addJobs(program, session);
  addDispatch(program, session);
  addOtherOperations(program, session);
}

function addTasks(program: Command, session: Session): void {
  const tasks = noun(program, "tasks", "the tasks of a store: list, pause, resume, drain", [
    "taskora tasks",
    "taskora tasks pause email.send",
  ]);
  const list = operates(usualVerb(tasks, "list"))
    .description("every task with its jobs per state and its workers")
    .addHelpText("after", examples(["taskora tasks", "taskora tasks list --json | jq .data.tasks"]));
  runs(list, session, async () => (await import("./tasks.js")).runTasksList);
  for (const verb of ["pause", "resume"] as const) {
    const command = withReason(operates(tasks.command(verb)))
      .argument("<task...>", "names of tasks")
      .description(verb === "pause" ? "start no more jobs of tasks, anywhere" : "go on with paused tasks")
      .addHelpText("after", examples([`taskora tasks ${verb} email.send`]));
    runs(command, session, async () => {
      const { runTasksControl } = await import("./tasks.js");
      return (flags: Parameters<typeof runTasksControl>[1], context) => runTasksControl(verb, flags, context);
    });
  }
  const drain = withReason(operates(tasks.command("drain")))
    .argument("<task...>", "names of tasks")
    .description("cancel the jobs of tasks that have not started")
    .option("--state <states>", "waiting, delayed, retrying (default: waiting)", several)
    .option("-y, --yes", "do it without a question")
    .addHelpText("after", examples(["taskora tasks drain email.send --state waiting,delayed --yes"]));
  runs(drain, session, async () => (await import("./tasks.js")).runTasksDrain);
}

function addJobs(program: Command, session: Session): void {
  const jobs = noun(program, "jobs", "the jobs of a store: list, get, logs, and change them", [
    "taskora jobs list state:failed",
    "taskora jobs retry --where 'error:\"SMTP 421\"' --rate 50 --dry-run",
  ]);
  addJobReads(jobs, session);
  addChange(jobs, session, { verb: "retry", description: "make failed jobs wait again, as a first attempt" });
  addChange(jobs, session, { verb: "cancel", description: "cancel jobs that have not ended" });
  addChange(jobs, session, { verb: "promote", description: "make delayed and retrying jobs wait now" });
  addChange(jobs, session, { verb: "remove", description: "delete jobs, by default those that have ended" });
  const reschedule = addChange(jobs, session, {
    verb: "reschedule",
    description: "give jobs that have not started another time",
    example: "--delay 10m",
  });
  reschedule
    .option("--delay <time>", "so long from now, such as 10m")
    .option("--run-at <time>", "a time such as 2026-11-28T10:00Z");
  excludes(reschedule, ["delay", "runAt"], "one counts from now, the other is a time");
  addChange(jobs, session, {
    verb: "prioritize",
    description: "give jobs that have not started another priority",
    example: "--priority 10",
  }).option("--priority <number>", "-1000 to 1000; higher runs first", whole(-1000, 1000));
}

function addJobReads(jobs: Command, session: Session): void {
  const list = chooses(operates(usualVerb(jobs, "list")))
    .argument("[filter...]", "which jobs, such as 'state:failed age>1h'")
    .description("jobs that a filter chooses, as a table")
    .option("--limit <jobs>", "at most so many", whole(1, 1_000_000), 50)
    .option("--columns <names>", "id,state,age,data.order.id,header.tenant, …", several)
    .option("--cursor <text>", "go on where a list before ended")
    .option("--reveal", "show what contracts call sensitive")
    .option("--oldest", "those that failed, or were cancelled, first come first")
    .option("--follow", "go on telling what comes, or changes its state")
    .addHelpText(
      "after",
      examples([
        "taskora jobs list state:failed",
        "taskora jobs list 'task:email.* error:\"SMTP 421\" age>10m'",
        "taskora jobs list state:active --columns id,task,run,worker",
        "taskora jobs list data.order.id:17 --json | jq '.data.jobs[].id'",
      ]),
    );
  runs(list, session, async () => (await import("./jobs-list.js")).runJobsList);
  const get = operates(jobs.command("get"))
    .argument("<id>", "the id of a job")
    .description("one job with its runs and its last log lines")
    .option("--task <task>", "its task; without it all are looked through")
    .option("--reveal", "show what its contract calls sensitive")
    .addHelpText(
      "after",
      examples(["taskora jobs get BfSZ3P2nQkX0-1", "taskora jobs get BfSZ3P2nQkX0-1 --json"]),
    );
  runs(get, session, async () => (await import("./jobs-get.js")).runJobsGet);
  const logs = operates(jobs.command("logs"))
    .argument("<id>", "the id of a job")
    .description("what a job has logged, the newest 1000 lines")
    .option("--task <task>", "its task; without it all are looked through")
    .option("--reveal", "show what its contract calls sensitive")
    .option("--follow", "go on until the job has ended")
    .addHelpText("after", examples(["taskora jobs logs BfSZ3P2nQkX0-1 --follow"]));
  runs(logs, session, async () => (await import("./jobs-get.js")).runJobsLogs);
}

function addChange(
  jobs: Command,
  session: Session,
  {
    verb,
    description,
    example = "",
  }: { readonly verb: JobVerb; readonly description: string; readonly example?: string },
): Command {
  const rest = example === "" ? "" : ` ${example}`;
  const command = withReason(chooses(operates(jobs.command(verb))))
    .argument("[id...]", "ids of jobs")
    .description(description)
    .option("--where <filter>", "every job that a filter chooses, in place of ids")
    .option("--all", "every job there is, in place of ids")
    .option("--rate <number>", "at most so many jobs a second", perSecond)
    .option("--limit <jobs>", "at most so many", whole(1, 2 ** 31))
    .option("--dry-run", "count what fits, and change nothing")
    .option("--cursor <text>", "go on where a change before stopped")
    .option("-y, --yes", "do it without a question")
    .addHelpText(
      "after",
      examples([
        `taskora jobs ${verb} BfSZ3P2nQkX0-1${rest}`,
        `taskora jobs ${verb} --where 'error:421 age>1h'${rest} --dry-run`,
        `taskora jobs ${verb} --task email.send${rest} --rate 50 --yes`,
      ]),
    );
  runs(command, session, async () => {
    const { runJobsChange } = await import("./jobs-change.js");
    return (flags: Parameters<typeof runJobsChange>[1], context) => runJobsChange(verb, flags, context);
  });
  return command;
}

function addDispatch(program: Command, session: Session): void {
  const dispatch = operates(program.command("dispatch"))
    .argument("<task>", "the name of a task")
    .description("add a job to a task, and print its id")
    .option("--data <json>", "what it is given: JSON, @FILE, or - for stdin")
    .option("--delay <time>", "it may run so long from now, such as 10m")
    .option("--run-at <time>", "it may run at a time, such as 2026-11-28T10:00Z")
    .option("--priority <number>", "-1000 to 1000; higher runs first", whole(-1000, 1000))
    .option("--ttl <time>", "it expires when it has not started by then")
    .option("--attempts <number>", "runs in total", whole(1, 1_000_000))
    .option("--header <name=value>", "travels with it; may be given several times", repeated)
    .option("--lane <name>", "the lane of the task it waits in")
    .option("--deduplicate <key>", "not while another job with this key has not ended")
    .option("--idempotency <key>", "once for this key")
    .option("--contract-version <number>", "default: the newest that a worker has", whole(1, 1_000_000))
    .option("--force", "also to a task that the store has never met")
    .addHelpText(
      "after",
      examples([
        'taskora dispatch email.send --data \'{"to":"ada@example.com"}\'',
        "taskora dispatch report.make --data @report.json --delay 10m",
        "jq -n '{n: 1}' | taskora dispatch count.up --data -",
      ]),
    );
  excludes(dispatch, ["delay", "runAt"], "one counts from now, the other is a time");
  runs(dispatch, session, async () => (await import("./dispatch.js")).runDispatch);
}
