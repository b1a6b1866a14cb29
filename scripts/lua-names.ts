/** The names of a `.lua` file that stand for literals: keys, states, moves, events, letters. */
import { MAX_HISTORY, MAX_LOG_LINES, MAX_MESSAGES } from "../src/core/job.js";
import {
  FINAL_STATES,
  JOB_STATES,
  type JobState,
  LIFECYCLE,
  type LifecycleEvent,
} from "../src/core/lifecycle.js";
import { ERRAND_PATIENCE_MS, MARKS_KEPT_MS } from "../src/core/workflow/courier.js";
import { PACKED_MARK } from "../src/core/workflow/packed-list.js";
import { WORKFLOW_TASK } from "../src/core/workflow/step.js";
import {
  GRAPH_MISSING_ERROR,
  LIST_TOO_LARGE_ERROR,
  MAX_LIST_BYTES,
  stepError,
} from "../src/core/workflow/store.js";
import {
  CLAIM_BITS,
  CLAIM_BYTES,
  CLAIM_FORMAT,
  CORRUPT_MARK,
  FLAG_BITS,
  HEAD_BYTES,
  HEAD_FORMAT,
  NOTICE_LETTERS,
  SECTION_LETTERS,
  STATE_LETTERS,
} from "../src/redis/codec/record-layout.js";
import { escapeName, STORE_AS_TASK, TASK_KEYS } from "../src/redis/keys.js";
import { LuaBuildError, requireName } from "./lua-header.js";

/** A stored error as a Lua text. */
const errorText = (error: object) => JSON.stringify(JSON.stringify(error));

const CONSTANTS: Readonly<Record<string, string>> = {
  HEAD_FORMAT: JSON.stringify(HEAD_FORMAT),
  HEAD_BYTES: String(HEAD_BYTES),
  CLAIM_FORMAT: JSON.stringify(CLAIM_FORMAT),
  CLAIM_BYTES: String(CLAIM_BYTES),
  CORRUPT_MARK: `char(${CORRUPT_MARK})`,
  STATE_LETTERS: JSON.stringify(JOB_STATES.map((state) => STATE_LETTERS[state]).join("")),
  MAX_HISTORY: String(MAX_HISTORY),
  MAX_LOG_LINES: String(MAX_LOG_LINES),
  MAX_MESSAGES: String(MAX_MESSAGES),
  STORE_NAME: JSON.stringify(escapeName(STORE_AS_TASK)),
  WORKFLOW_NAME: JSON.stringify(escapeName(WORKFLOW_TASK)),
  MAX_LIST_BYTES: String(MAX_LIST_BYTES),
  ERRAND_PATIENCE_MS: String(ERRAND_PATIENCE_MS),
  MARKS_KEPT_MS: String(MARKS_KEPT_MS),
  PACKED_MARK: `"${Array.from(PACKED_MARK, (byte) => `\\${byte}`).join("")}"`,
  GRAPH_MISSING: errorText(GRAPH_MISSING_ERROR),
  LIST_TOO_LARGE: errorText(LIST_TOO_LARGE_ERROR),
  STEP_EXPIRED: errorText(stepError({ state: "expired", reason: "" })),
};

/** Where a line stands. */
export interface Place {
  /** Keys that the script declares. */
  readonly keys: ReadonlySet<string>;
  readonly line: number;
}

/** @throws {LuaBuildError} for unknown names, undeclared keys and state literals */
export function replaceNames(file: string, code: string, place: Place): string {
  refuseStateLiterals(file, code, place.line);
  refuseOtherRoots(file, code, place.line);
  return code
    .replace(/\bKEY\.(\w+)/g, (_, name: string) => keyText(file, name, place))
    .replace(/\bTO\.(\w+)\.(\w+)/g, (_, event: string, state: string) => targetText(file, event, state))
    .replace(/\b(STATE|NOTICE|SECTION|EVENT|FLAG|CLAIM)\.(\w+)/g, (_, table: string, name: string) =>
      literal(file, table, name),
    )
    .replace(/\bGUARD\.(\w+)/g, (_, event: string) => guardText(file, event))
    .replace(/\bFINAL\b/g, () => stateTable(FINAL_STATES))
    .replace(/\b[A-Z]+_[A-Z]+(?:_[A-Z]+)?\b/g, (name: string) => CONSTANTS[name] ?? name);
}

/** A script touches one task: those whose roots it was passed are the only ones. */
function refuseOtherRoots(file: string, code: string, line: number): void {
  if (!/(?:^|[^.\w])root\s*(?:,\s*\w+\s*)*=[^=]/.test(code) || /\broot = KEYS\[/.test(code)) return;
  throw new LuaBuildError(
    file,
    "goes to another root; what follows in another task goes into the outbox",
    line,
  );
}

function refuseStateLiterals(file: string, code: string, line: number): void {
  const match = /["'](\w+)["']/g;
  for (const [, text = ""] of code.matchAll(match)) {
    if ((JOB_STATES as readonly string[]).includes(text) && !code.includes("KEY.meta")) {
      throw new LuaBuildError(
        file,
        `state literal "${text}"; write STATE.${text} or TO.<event>.${text}`,
        line,
      );
    }
  }
}

function keyText(file: string, name: string, place: Place): string {
  requireName(file, name, TASK_KEYS, "key");
  if (!place.keys.has(name)) {
    throw new LuaBuildError(file, `uses KEY.${name} without "-- @key ${name}"`, place.line);
  }
  return `(root.."${TASK_KEYS[name as keyof typeof TASK_KEYS]}")`;
}

/** The letter of the state that `event` leads to, when the lifecycle table has that move. */
function targetText(file: string, event: string, state: string): string {
  requireName(file, event, LIFECYCLE, "event");
  const row: { readonly to: readonly string[] } = LIFECYCLE[event as LifecycleEvent];
  if (!row.to.includes(state)) throw new LuaBuildError(file, `${event} does not lead to ${state}`);
  return JSON.stringify(STATE_LETTERS[state as JobState]);
}

function literal(file: string, table: string, name: string): string {
  const tables: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
    STATE: STATE_LETTERS,
    NOTICE: NOTICE_LETTERS,
    SECTION: SECTION_LETTERS,
    EVENT: Object.fromEntries(Object.keys(LIFECYCLE).map((event) => [event, event])),
    FLAG: FLAG_BITS,
    CLAIM: CLAIM_BITS,
  };
  const names = tables[table] ?? {};
  requireName(file, name, names, table);
  return JSON.stringify(names[name]).replace("\\u0000", "\\0");
}

/** A table of the states in which `event` may happen. */
function guardText(file: string, event: string): string {
  requireName(file, event, LIFECYCLE, "event");
  const from: readonly string[] = LIFECYCLE[event as LifecycleEvent].from;
  return stateTable(JOB_STATES.filter((state) => from.includes(state)));
}

function stateTable(states: readonly JobState[]): string {
  return `({${states.map((state) => `${STATE_LETTERS[state]}=true`).join(",")}})`;
}
