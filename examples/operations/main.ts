/**
 * A tool for the command line that operates on tasks by name:
 *
 *     node --import tsx examples/operations/main.ts stats email.send
 *     node --import tsx examples/operations/main.ts pause email.send
 *
 * Redis is where REDIS_URL says, redis://127.0.0.1:6379 by default.
 */
import { createTaskora, type Duration, type JobHandle, type Taskora } from "taskora";
import { redisAdapter } from "taskora/redis";

const USAGE = `operations <command> <task> [id] [value]

  stats     <task>                  jobs per state, and whether the task is paused
  pause     <task>                  start no more jobs of it, anywhere
  resume    <task>                  go on
  drain     <task>                  cancel what is waiting
  promote   <task> <id>             run a delayed job now
  delay     <task> <id> <duration>  run it later, such as 10m
  priority  <task> <id> <number>    higher runs first
  remove    <task> <id>             delete it
  dead      <task>                  list the jobs that failed for good
  retry     <task>                  let all of those run again
`;

/** What was asked for on the command line. */
interface Request {
  readonly command: string;
  readonly task: string;
  readonly id: string;
  readonly value: string;
}

async function onTask(taskora: Taskora, { command, task }: Request): Promise<unknown> {
  const handle = taskora.tasks.handle(task);
  switch (command) {
    case "stats":
      return taskora.tasks.get(task);
    case "pause":
      return handle.pause();
    case "resume":
      return handle.resume();
    case "drain":
      return handle.drain();
    case "dead": {
      const { items } = await taskora.jobs.list({ state: "failed", task });
      return items.map(({ id, attempt, error }) => ({ id, attempt, error: error?.message }));
    }
    case "retry":
      return taskora.jobs.retryAll({ task });
    default:
      return undefined;
  }
}

async function onJob(job: JobHandle, { command, value }: Request): Promise<unknown> {
  switch (command) {
    case "promote":
      return job.promote();
    case "delay":
      return job.reschedule({ delay: value as Duration });
    case "priority":
      return job.changePriority(Number(value));
    case "remove":
      return job.remove();
    default:
      return undefined;
  }
}

async function main([command = "", task = "", id = "", value = ""]: readonly string[]): Promise<void> {
  if (task === "") {
    process.stdout.write(USAGE);
    return;
  }
  await using taskora = createTaskora({
    adapter: redisAdapter(process.env.REDIS_URL ?? "redis://127.0.0.1:6379"),
  });
  const request = { command, task, id, value };
  const done =
    id === "" ? await onTask(taskora, request) : await onJob(taskora.jobs.handle({ task, id }), request);
  if (done === undefined) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  process.stdout.write(`${JSON.stringify(done, undefined, 2)}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
