/** What the compiled parts of a schema pass to each other. */
import type { IssueKind } from "../core/errors.js";

/** `path` is written from the inside out while issues travel up, and turned round once at the end. */
export interface RunIssue {
  readonly path: (string | number)[];
  readonly message: string;
  readonly kind: IssueKind;
  /** Later checks of the same value still run. */
  readonly continues: boolean;
  /** Keys this side does not know; an intersection takes them back when its other side does. */
  readonly unknownKeys?: readonly string[];
  /** A record key that does not fit; taken back in the same way. */
  readonly invalidKey?: string;
  /** zod throws here, so that nothing around it gets to try something else. */
  readonly throws?: true;
}

/** Validates one value: pushes what is wrong, and gives the value to go on with. */
export type Run = (value: unknown, issues: RunIssue[]) => unknown;

/** Adds an issue that ends the checks of its value. Default kind: `invalid_type`. */
export function fail(issues: RunIssue[], message: string, kind: IssueKind = "invalid_type"): void {
  issues.push({ path: [], message, kind, continues: false });
}

/** Puts a key in front of the paths of all issues from `start` on. */
export function prefix(issues: RunIssue[], start: number, key: string | number): void {
  for (let index = start; index < issues.length; index++) issues[index]?.path.push(key);
}

/** Whether an issue from `start` on ends the checks. */
export function isAborted(issues: readonly RunIssue[], start: number): boolean {
  for (let index = start; index < issues.length; index++) {
    if (issues[index]?.continues !== true) return true;
  }
  return false;
}

export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return typeof value;
}

/** What is said of a value that is none of these. */
export function oneOfText(values: readonly unknown[]): string {
  return `expected one of ${values.map((value) => JSON.stringify(value) ?? "undefined").join(", ")}`;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Data with a prototype of a class is no record; an object without any prototype is one. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const maker = value.constructor;
  if (typeof maker !== "function") return true;
  const prototype: unknown = maker.prototype;
  return isObject(prototype) && Object.hasOwn(prototype, "isPrototypeOf");
}

/** A copy that nobody else can change. */
export function cloneJson<T>(value: T): T {
  return typeof value === "object" && value !== null ? structuredClone(value) : value;
}
