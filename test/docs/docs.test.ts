import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveRetention } from "../../src/app/options.js";
import { formatDuration } from "../../src/core/duration.js";
import { TASK_KEYS } from "../../src/redis/keys.js";
import { generateShared, removeBlocks, writeBlocks } from "./block-files.js";
import { wrongCommands } from "./commands.js";
import { linkTarget, PROJECT, readDocuments } from "./documents.js";
import { membersOf } from "./members.js";
import { runBlock } from "./run-block.js";
import { typeCheck } from "./type-check.js";

const documents = readDocuments();
const blocks = documents.flatMap((document) => document.blocks);
const anchors = new Map(documents.map((document) => [document.document, document.anchors]));
const isElsewhere = (flag: string) => flag === "excerpt" || flag.startsWith("project=");
const typescript = blocks.filter(({ language, flags }) => language === "ts" && !flags.some(isElsewhere));
const files = writeBlocks(typescript);
const runnable = files.filter(({ block }) => block.flags.includes("run"));

afterAll(() => removeBlocks());

describe("code in the documents", () => {
  let problems: readonly string[] = [];

  beforeAll(async () => {
    await generateShared();
    problems = typeCheck(files);
    // All documents are compiled at once, beside whatever else runs.
  }, 300_000);

  it.each(documents.map(({ document }) => document))("compiles in %s", (document) => {
    expect(problems.filter((problem) => problem.startsWith(`${document}:`))).toEqual([]);
  });

  it.each(runnable.map((file) => [`${file.block.document}:${file.block.line}`, file] as const))(
    "does what it says in %s",
    async (_, file) => {
      const { promised, printed } = await runBlock(file);
      expect(printed).toEqual(promised);
    },
  );
});

describe("text of the documents", () => {
  it("names no folder of somebody's machine", () => {
    const named = documents.filter(({ text }) => /(^|[^\w.])\/(work|home|tmp|root|Users)\//m.test(text));
    expect(named.map(({ document }) => document)).toEqual([]);
  });
});

describe("commands in the documents", () => {
  const shells = blocks.filter(({ language }) => ["sh", "bash", "shell", "console"].includes(language));

  it("exist, with their flags", () => {
    expect(shells.flatMap(wrongCommands)).toEqual([]);
  });
});

describe("links in the documents", () => {
  it.each(documents.map((document) => [document.document, document] as const))(
    "lead somewhere in %s",
    (name, { links }) => {
      const broken = links.filter((link) => {
        const target = linkTarget(name, link);
        if (target === undefined) return false;
        if (!existsSync(join(PROJECT, target.path))) return true;
        const known = anchors.get(target.path);
        return target.anchor !== undefined && known !== undefined && !known.includes(target.anchor);
      });
      expect(broken).toEqual([]);
    },
  );

  it("of the README can be followed where the package is shown", () => {
    const readme = documents.find(({ document }) => document === "README.md");
    expect(readme?.links.filter((link) => !link.startsWith("https://"))).toEqual([]);
  });
});

/** Everything a user may write or read, and the document that must say what it does. */
const DOCUMENTED = [
  { document: "docs/tasks-and-contracts.md", file: "src/core/contract.ts", type: "TaskContract" },
  { document: "docs/dispatching.md", file: "src/app/dispatch/dispatch-options.ts", type: "DispatchOptions" },
  { document: "docs/dispatching.md", file: "src/app/handles/job-handle.ts", type: "JobHandle" },
  { document: "docs/dispatching.md", file: "src/app/dispatch/task-client.ts", type: "TaskClient" },
  { document: "docs/handlers.md", file: "src/worker/handler.ts", type: "JobContext" },
  { document: "docs/handlers.md", file: "src/worker/handler.ts", type: "HandlerOptions" },
  { document: "docs/handlers.md", file: "src/core/retry-policy.ts", type: "RetryOptions" },
  { document: "docs/events-and-inspection.md", file: "src/app/event-types.ts", type: "AppEvents" },
  { document: "docs/events-and-inspection.md", file: "src/app/event-types.ts", type: "JobEvent" },
  { document: "docs/events-and-inspection.md", file: "src/app/event-types.ts", type: "AppErrorEvent" },
  { document: "docs/events-and-inspection.md", file: "src/app/event-types.ts", type: "AppWarningEvent" },
  { document: "docs/events-and-inspection.md", file: "src/app/events.ts", type: "AppListenOptions" },
  { document: "docs/events-and-inspection.md", file: "src/app/operate/tasks.ts", type: "Tasks" },
  { document: "docs/events-and-inspection.md", file: "src/app/operate/workers.ts", type: "Workers" },
  { document: "docs/events-and-inspection.md", file: "src/app/operate/change.ts", type: "AuditEvent" },
  { document: "docs/workflows.md", file: "src/app/workflows/workflow-list.ts", type: "WorkflowList" },
  { document: "docs/operations.md", file: "src/app/operate/bulk.ts", type: "BulkOptions" },
  { document: "docs/operations.md", file: "src/app/operate/change.ts", type: "BulkResult" },
  { document: "docs/events-and-inspection.md", file: "src/worker/handler.ts", type: "RetentionOptions" },
  { document: "docs/operations.md", file: "src/app/operate/task-handle.ts", type: "TaskHandle" },
  { document: "docs/operations.md", file: "src/app/operate/task-handle.ts", type: "DrainOptions" },
  { document: "docs/app.md", file: "src/app/options.ts", type: "TaskoraOptions" },
  { document: "docs/app.md", file: "src/app/options.ts", type: "TaskDefaults" },
  { document: "docs/app.md", file: "src/app/taskora.ts", type: "Taskora" },
  { document: "docs/adapters.md", file: "src/core/adapter.ts", type: "Adapter" },
  { document: "docs/testing.md", file: "src/testing/test-app.ts", type: "TestApp" },
  { document: "docs/redis.md", file: "src/redis/connection/redis-options.ts", type: "RedisAdapterOptions" },
] as const;

const ENTRIES = [
  "taskora",
  "taskora/config",
  "taskora/contract",
  "taskora/workflow",
  "taskora/redis",
  "taskora/memory",
  "taskora/testing",
  "taskora/codegen",
  "taskora/generated",
];

describe("the reference", () => {
  let members: readonly (readonly string[])[] = [];

  beforeAll(() => {
    members = membersOf(DOCUMENTED);
  }, 300_000);

  it.each(DOCUMENTED.map((entry, index) => [entry.type, entry.document, index] as const))(
    "names every member of %s in %s",
    (_, document, index) => {
      const text = textOf(document);
      const missing = (members[index] ?? []).filter((name) => !new RegExp(`[\`.]${name}\\b`).test(text));
      expect(missing).toEqual([]);
    },
  );

  it.each(ENTRIES)("names every value that %s exports", async (entry) => {
    const module: object = await import(entry);
    const text = documents.map((document) => document.text).join("\n");
    const missing = Object.keys(module).filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
    expect(missing).toEqual([]);
  });

  it("names every key of Redis in docs/redis.md", () => {
    const text = textOf("docs/redis.md");
    const { events, met, notices, ...keys } = TASK_KEYS;
    const missing = Object.values(keys).filter((key) => !text.includes(`\`${key}`));
    expect(missing).toEqual([]);
  });

  it("names every default of retention in docs/events-and-inspection.md", () => {
    const rows = Object.entries(resolveRetention()).map(
      ([state, { ageMs, count }]) =>
        `| \`${state}\` | \`"${formatDuration(ageMs).replace("1w", "7d")}"\` | ${count.toLocaleString("en").replace(",", " ")} |`,
    );
    const text = textOf("docs/events-and-inspection.md");
    expect(rows.filter((row) => !text.includes(row))).toEqual([]);
  });
});

function textOf(name: string): string {
  return documents.find(({ document }) => document === name)?.text ?? "";
}
