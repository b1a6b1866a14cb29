import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Editor, openEditor } from "../codegen/support/editor.js";
import { type TempProject, tempProject } from "../codegen/support/temp-project.js";

const JOB_EVENTS = [
  ...["active", "cancelled", "completed", "delayed", "expired", "failed", "log", "message", "progress"],
  ...["removed", "retrying", "stalled", "waiting"],
];
const TASK_EVENTS = ["*", "drained", "paused", "resumed", ...JOB_EVENTS];

/** What is written, with `^` where the editor is asked, and all that it may offer there. */
const OFFERS: Readonly<Record<string, readonly [written: string, names: readonly string[]]>> = {
  "members of an app": [
    "app.^;",
    [
      ...[
        "audit",
        "close",
        "connect",
        "errors",
        "health",
        "implement",
        "jobs",
        "on",
        "once",
        "pools",
        "quiet",
        "register",
        "resume",
        "run",
      ],
      ...[
        "schedule",
        "schedules",
        "start",
        "store",
        "task",
        "tasks",
        "use",
        "workers",
        "workflow",
        "workflows",
      ],
    ],
  ],
  "members of a client": [
    "tasks.emailSend.^;",
    [
      ...[
        "byKey",
        "contracts",
        "dispatch",
        "dispatchMany",
        "drain",
        "getCollected",
        "isPaused",
        "job",
        "lane",
        "lanes",
      ],
      ...[
        "listCollected",
        "name",
        "nextStep",
        "on",
        "pause",
        "resume",
        "step",
        "versions",
        "waitForCapacity",
      ],
    ],
  ],
  "tasks of a client": ["tasks.^;", ["emailSend", "report"]],
  "options of a dispatch": [
    'tasks.emailSend.dispatch({ to: "" }, { ^ });',
    [
      ...["attempts", "concurrency", "debounce", "deduplicate", "delay", "group", "headers", "idempotency"],
      ...["lane", "onDuplicate", "onExpire", "priority", "runAt", "throttle", "ttl", "validateOnDispatch"],
      "within",
    ],
  ],
  "options of a schedule": [
    'app.schedule("s", { task: "x", ^ });',
    [
      ...[
        "cron",
        "data",
        "endAt",
        "every",
        "jitter",
        "lane",
        "limit",
        "onMissed",
        "overlap",
        "startAt",
        "timezone",
      ],
    ],
  ],
  "events of an app": ['app.on("^", () => undefined);', ["audit", "error", "warning", ...TASK_EVENTS]],
  "events of a task": ['tasks.emailSend.on("^", () => undefined);', TASK_EVENTS],
  "members of a job": [
    'tasks.emailSend.job("1").^;',
    [
      ...[
        "cancel",
        "changePriority",
        "get",
        "getState",
        "id",
        "isDuplicate",
        "messages",
        "promote",
        "remove",
      ],
      ...["reschedule", "result", "retry", "task", "toJSON", "waitFor"],
    ],
  ],
};

const HEAD = `import type { TaskClient, Taskora } from "taskora";
declare const app: Taskora;
declare const tasks: { readonly emailSend: TaskClient<{ to: string }, number>; readonly report: TaskClient };
`;

describe("an editor", () => {
  const written = Object.values(OFFERS).map(([text]) => text);
  const text = HEAD + written.map((line) => line.replace("^", "")).join("\n");
  let project: TempProject;
  let editor: Editor;

  beforeAll(() => {
    const compilerOptions = { module: "NodeNext", target: "ES2022", strict: true, types: [] };
    project = tempProject({ "tsconfig.json": JSON.stringify({ compilerOptions }), "use.ts": text });
    editor = openEditor(join(project.dir, "use.ts"), text);
  });

  afterAll(() => {
    editor.close();
    project.dispose();
  });

  it.each(Object.entries(OFFERS))(
    "offers %s, and nothing of the inside",
    async (_, [line, names]) => {
      const before = written.slice(0, written.indexOf(line)).join("\n").replaceAll("^", "");
      const at = HEAD.length + before.length + (before === "" ? 0 : 1) + line.indexOf("^");
      const offered = (await editor.completions(at)).filter((name) => name !== "");
      expect(offered.sort()).toEqual([...names].sort());
    },
    60_000,
  );
});
