/** A job as text that makes one like it. */

/** What is looked at of a job. */
export interface CopiedJob {
  readonly task: string;
  readonly data: unknown;
  readonly version: number;
  readonly priority: number;
  readonly maxAttempts?: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Ways to copy a job. */
export const COPY_FORMS = [
  { form: "code", label: "Code of the generated client" },
  { form: "command", label: "taskora dispatch" },
  { form: "test", label: "Test with contractCases()" },
  { form: "curl", label: "curl" },
  { form: "json", label: "Payload as JSON" },
] as const;
export type CopyForm = (typeof COPY_FORMS)[number]["form"];

/** Headers that belong to one trace and not to a copy. */
const OF_ONE_TRACE = ["traceparent", "tracestate"];

/** The text of a job in some form; `api`: the address of the board's HTTP API. */
export function copyAs(form: CopyForm, job: CopiedJob, api: string): string {
  switch (form) {
    case "code":
      return codeOf(job);
    case "command":
      return commandOf(job);
    case "test":
      return testOf(job);
    case "curl":
      return curlOf(job, api);
    case "json":
      return JSON.stringify(job.data ?? null, undefined, 2);
  }
}

function codeOf(job: CopiedJob): string {
  const options = optionsOf(job);
  const args = job.data === undefined && options === undefined ? [] : [literal(job.data)];
  if (options !== undefined) args.push(literal(options));
  return [
    'import { createClient } from "./tasks.gen/index.js";',
    "",
    "const tasks = createClient(taskora);",
    `await tasks.${clientKey(job.task)}.dispatch(${args.join(", ")});`,
    "",
  ].join("\n");
}

function commandOf(job: CopiedJob): string {
  const { priority, attempts, headers, lane } = optionsOf(job) ?? {};
  const words = [
    ...["taskora", "dispatch", taskOf(job.task)],
    ...(job.data === undefined ? [] : ["--data", JSON.stringify(job.data)]),
    ...(priority === undefined ? [] : [`--priority=${priority}`]),
    ...(attempts === undefined ? [] : ["--attempts", String(attempts)]),
    ...Object.entries(headers ?? {}).flatMap(([name, value]) => ["--header", `${name}=${value}`]),
    ...(lane === undefined ? [] : ["--lane", lane]),
    ...["--contract-version", String(job.version)],
  ];
  return words.map(shellWord).join(" ");
}

function testOf({ task, data }: CopiedJob): string {
  const key = clientKey(task);
  return [
    'import { contractCases, createTestApp } from "taskora/testing";',
    'import { expect, it } from "vitest";',
    `import { ${key} } from "../contracts/index.js"; // the contract and the app, where yours are`,
    'import { taskora } from "../app.js";',
    "",
    `const payload = ${literal(data)};`,
    "",
    `it(${literal(`runs a job of ${taskOf(task)} that failed elsewhere`)}, async () => {`,
    "  await using test = createTestApp({ from: taskora });",
    `  await expect(test.runJob(${key}, payload)).resolves.not.toThrow();`,
    "});",
    "",
    `it.each(await contractCases(${key}, { payload }))("$name", async ({ run }) => {`,
    "  await using test = createTestApp({ from: taskora });",
    "  await run(test);",
    "});",
    "",
  ].join("\n");
}

function curlOf(job: CopiedJob, api: string): string {
  const options = optionsOf(job);
  const body = { data: job.data, ...(options === undefined ? {} : { options }) };
  const url = `${api}/tasks/${encodeURIComponent(taskOf(job.task))}/jobs`;
  return [
    `curl -X POST ${shellWord(url)}`,
    '  -H "authorization: Bearer $TASKORA_BOARD_TOKEN"',
    "  -H 'content-type: application/json' -H 'x-taskora-board: 1'",
    `  -d ${shellWord(JSON.stringify(body))}`,
  ].join(" \\\n");
}

interface CopiedOptions {
  readonly priority?: number;
  readonly attempts?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly lane?: string;
}

/** What is not as it would be without options. */
function optionsOf({ task, priority, maxAttempts, headers }: CopiedJob): CopiedOptions | undefined {
  const kept = Object.entries(headers).filter(([name]) => !OF_ONE_TRACE.includes(name.toLowerCase()));
  const [, lane] = task.split("/");
  const options = {
    ...(priority === 0 ? {} : { priority }),
    ...(maxAttempts === undefined ? {} : { attempts: maxAttempts }),
    ...(kept.length === 0 ? {} : { headers: Object.fromEntries(kept) }),
    ...(lane === undefined ? {} : { lane }),
  };
  return Object.keys(options).length === 0 ? undefined : options;
}

/** A lane is stored as its task and its own name. */
function taskOf(name: string): string {
  return name.split("/")[0] ?? name;
}

/** Words that cannot name a variable in a module. */
const RESERVED = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export " +
    "extends false finally for function if implements import in instanceof interface let new null package " +
    "private protected public return static super switch this throw true try typeof undefined var void while " +
    "with yield"
  ).split(" "),
);

/** The property of the generated client: `email.send` is `emailSend`. */
export function clientKey(task: string): string {
  const words = taskOf(task).split(/[^A-Za-z0-9]+/);
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  const camel = pascal.charAt(0).toLowerCase() + pascal.slice(1);
  return RESERVED.has(camel) ? `${camel}Task` : camel;
}

/** JSON as it stands in code: keys without quotes where they need none. */
function literal(value: unknown): string {
  return value === undefined ? "undefined" : written(value, "");
}

const LONGEST_LINE = 100;

function written(value: unknown, indent: string): string {
  if (typeof value !== "object" || value === null) return jsonInCode(value);
  const [open, close, pad] = Array.isArray(value) ? ["[", "]", ""] : ["{", "}", " "];
  const parts = Array.isArray(value)
    ? value.map((item) => written(item, `${indent}  `))
    : Object.entries(value).map(([key, item]) => `${keyInCode(key)}: ${written(item, `${indent}  `)}`);
  if (parts.length === 0) return open + close;
  const line = `${open}${pad}${parts.join(", ")}${pad}${close}`;
  if (line.length + indent.length <= LONGEST_LINE && !line.includes("\n")) return line;
  return `${open}\n${parts.map((part) => `${indent}  ${part},\n`).join("")}${indent}${close}`;
}

/** `__proto__` without brackets would set the prototype. */
function keyInCode(key: string): string {
  if (key === "__proto__") return '["__proto__"]';
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : jsonInCode(key);
}

/** JSON allows in text what ends a line in code of old. */
function jsonInCode(value: unknown): string {
  return JSON.stringify(value)
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");
}

/** A word as a POSIX shell reads it back. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}
