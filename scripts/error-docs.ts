import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES, type ErrorCode } from "../src/core/errors.js";
import { keepText } from "./generated-text.js";

const FILE = "docs/errors.md";

const HEAD = `# Errors

Every error taskora throws extends \`TaskoraError\` and has a \`code\` that stays the same between releases. Branch on
the code, not on the message: the message says what happened, why, and what to do. \`retryable\` is true where the
same call may succeed later without any change.

\`\`\`ts
import { isTaskoraError, type JobHandle } from "taskora";

export async function inTime(job: JobHandle<string>): Promise<string | undefined> {
  try {
    return await job.result;
  } catch (error) {
    if (isTaskoraError(error, "JOB_EXPIRED")) return undefined;
    if (isTaskoraError(error, "JOB_FAILED")) console.error(error.attempt, error.cause);
    throw error;
  }
}
\`\`\`

\`isTaskoraError(error, code?)\` leads from the code to the fields of its class, which \`ErrorClasses\` lists. It and
\`instanceof\` know the errors of another copy of taskora in the process too, such as of its CommonJS build.

Wrong arguments are refused at once, in plain JavaScript too: an unknown option or name with the nearest known one, an
argument that no parameter takes, \`null\` (only \`undefined\` means not given). \`OptionError.option\` says which it was, as a
path such as \`retry.delay\`; durations, names, cron expressions and time zones have codes of their own in that class.

A failed job rejects with \`JobFailedError\`. Its \`cause\` is the error of the last attempt with name, message, stack
and code, its own \`cause\` and the \`errors\` it gathers, as those of \`fetch\` and \`Promise.any\` have them. Classes are
gone, since the error has travelled through the store; codes that are numbers stay numbers. What is stored is bounded: of an
error 4 096 characters of message and as many of stack, and behind it eight steps, ten errors each and about 8 192 characters
in all.

This page is generated from \`src/core/errors.ts\` by \`npm run generate\`.
`;

/** Keeps the page about error codes; gives its path when it differed. */
export async function runErrorDocs(mode: "write" | "check"): Promise<readonly string[]> {
  return keepText(mode, FILE, `${HEAD}\n${codeTable()}`);
}

function codeTable(): string {
  const classes = errorClasses();
  const rows = Object.entries(ERROR_CODES).map(([code, meaning]) => {
    const names = classes.get(code as ErrorCode) ?? [];
    return `| \`${code}\` | ${names.map((name) => `\`${name}\``).join(", ")} | ${meaning} |\n`;
  });
  return `## Codes\n\n| code | class of its own | meaning |\n|---|---|---|\n${rows.join("")}`;
}

/** Which exported class fixes which code in its constructor. */
function errorClasses(): ReadonlyMap<ErrorCode, readonly string[]> {
  const found = new Map<ErrorCode, string[]>();
  const entry = readFileSync("src/index.ts", "utf8");
  for (const name of readdirSync("src/core", { recursive: true, encoding: "utf8" })
    .sort()
    .filter((file) => file.endsWith("errors.ts"))) {
    const text = readFileSync(join("src/core", name), "utf8");
    for (const [, className = "", code = ""] of text.matchAll(
      /^export class (\w+) extends TaskoraError[\s\S]*?super\(\s*(?:details\.code \?\? )?"([A-Z_]+)"/gm,
    )) {
      if (!new RegExp(`\\b${className}\\b`).test(entry)) continue;
      const list = found.get(code as ErrorCode) ?? [];
      found.set(code as ErrorCode, [...list, className]);
    }
  }
  return found;
}
