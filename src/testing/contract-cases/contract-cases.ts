import assert from "node:assert/strict";
import { stepsOf, type TaskClient } from "../../app/dispatch/task-client.js";
import { requireNoMore } from "../../core/arguments.js";
import { anything } from "../../core/checks.js";
import type { ContractInput, TaskContract } from "../../core/contract.js";
import { OptionError, TaskoraError, type ValidationIssue } from "../../core/errors.js";
import { optionSet, requireObject } from "../../core/options.js";
import { validate } from "../../core/validation.js";
import type { StandardSchema } from "../../schema/standard-schema.js";
import type { TestApp } from "../test-app.js";
import { deriveSamples } from "./derive.js";
import type { JsonSchema } from "./json-schema.js";
import type { Sample } from "./sample.js";

/** A payload of a task with what must become of it. */
export interface ContractCase {
  /** `boundary: subject is at its longest (200)`, unique among the cases of a contract. */
  readonly name: string;
  /**
   * `valid`: ordinary payloads. `boundary`: accepted, and special in one place: a bound, a key left out, another
   * variant. `invalid`: refused, and wrong in one place.
   */
  readonly kind: "valid" | "boundary" | "invalid";
  /** As a producer would dispatch it. */
  readonly payload: unknown;
  /** What the schema says first about an invalid payload. */
  readonly issue?: ValidationIssue;
  /**
   * Dispatches the payload in a test app. A valid or boundary one must be completed by the handler with a result that
   * fits the contract; an invalid one must be refused before the handler sees it. Rejects otherwise.
   */
  run(app: TestApp): Promise<void>;
}

/** What {@link contractCases} takes beside the task. */
export interface ContractCaseOptions<Input = unknown> {
  /**
   * A payload that is accepted, to start from. Needed where code of the schema (`refine`) asks for something that its
   * JSON Schema does not say; elsewhere it makes cases more lifelike.
   */
  readonly payload?: Input | undefined;
}

/** Larger payloads are left out: they test the store and not the handler. */
const MAX_BYTES = 500_000;
/** Ordinary payloads that are tried before giving up. */
const MAX_TRIED = 200;

/**
 * Derives payloads from the input schema of a task: ordinary ones, one at every bound, and one for everything that can
 * be wrong. Each was tried on the schema itself, which has the last word. The same schema gives the same cases.
 *
 * @param task a contract, or a client of a task that was declared with a schema
 * @throws {TaskoraError} `NOT_SUPPORTED` when the schema gives no JSON Schema; `OPTION_INVALID` when no accepted payload
 * could be derived and none was given
 */
export function contractCases<C extends TaskContract>(
  task: C,
  options?: ContractCaseOptions<ContractInput<C>>,
): Promise<readonly ContractCase[]>;
export function contractCases<Input>(
  task: TaskClient<Input, unknown>,
  options?: ContractCaseOptions<Input>,
): Promise<readonly ContractCase[]>;
export async function contractCases(
  task: { readonly name: string },
  options: ContractCaseOptions = {},
  ...surplus: readonly unknown[]
): Promise<readonly ContractCase[]> {
  requireNoMore("contractCases()", 2, surplus);
  requireObject(task, "the task of contractCases()");
  OPTIONS.read(options, "contractCases()");
  const input = schemaOf(task);
  const given = "payload" in options ? [options.payload] : [];
  const base = await acceptedBase(task.name, input, given);
  const { ordinary, edges, wrong } = deriveSamples(jsonSchemaOf(task.name, input), [base]);
  const book = new CaseBook(task.name, input);
  await book.add("valid", { path: [], what: "an ordinary one", value: base });
  for (const sample of edges) await book.add("boundary", sample);
  for (const value of ordinary.slice(1, 3)) await book.add("valid", { path: [], what: "another one", value });
  for (const sample of wrong) await book.add("invalid", sample);
  return book.cases;
}

const OPTIONS = optionSet({ payload: anything });

function schemaOf(task: { readonly name: string }): StandardSchema {
  const declared = stepsOf(task)?.task;
  const input = declared === undefined ? (task as TaskContract).input : declared.input;
  if (input !== undefined) return input;
  throw new OptionError(
    `expected ${task.name} to have an input schema to derive cases from, got none. Give it one, or pass its contract.`,
  );
}

/** @see https://standardschema.dev/json-schema */
interface JsonSchemaSource {
  readonly input: (options: {
    readonly target: string;
    readonly libraryOptions?: Readonly<Record<string, unknown>>;
  }) => unknown;
}

function jsonSchemaOf(task: string, schema: StandardSchema): JsonSchema {
  const standard = schema["~standard"] as { readonly jsonSchema?: JsonSchemaSource };
  if (typeof standard.jsonSchema?.input !== "function") {
    throw new TaskoraError(
      "NOT_SUPPORTED",
      `No cases can be derived for ${task}: its input schema does not tell its JSON Schema. Use zod 4.2 or newer or ` +
        "another library with Standard JSON Schema, and pass the contract itself instead of generated code.",
    );
  }
  try {
    // Parts that JSON Schema cannot say are open, and tried on the schema itself.
    const libraryOptions = { unrepresentable: "any" };
    return standard.jsonSchema.input({ target: "draft-2020-12", libraryOptions }) as JsonSchema;
  } catch (error) {
    throw new TaskoraError(
      "NOT_SUPPORTED",
      `No cases can be derived for ${task}: its input schema has no JSON Schema (${(error as Error).message}). ` +
        "Use types that JSON carries, such as an ISO date as text.",
      { cause: error },
    );
  }
}

/** An accepted payload to vary: what was given, or the first ordinary one that is accepted. */
async function acceptedBase(
  task: string,
  input: StandardSchema,
  given: readonly unknown[],
): Promise<unknown> {
  const candidates = given.length > 0 ? given : deriveSamples(jsonSchemaOf(task, input), []).ordinary;
  let refused: ValidationIssue | undefined;
  for (const candidate of candidates.slice(0, MAX_TRIED)) {
    const result = await validate(input, candidate);
    if (result.ok) return candidate;
    refused ??= result.issues[0];
  }
  const why = refused === undefined ? "nothing fits its schema" : sentenceOf(refused);
  throw new OptionError(
    `expected a payload that ${task} accepts, got ${given.length > 0 ? "one that it refuses" : "none from its schema"} ` +
      `(${why}). Pass one: contractCases(contract, { payload: { … } }).`,
  );
}

function sentenceOf({ path, message }: ValidationIssue): string {
  return path.length === 0 ? message : `${path.join(".")}: ${message}`;
}

/** Gathers cases: each payload once, each name once, and only where the schema agrees. */
class CaseBook {
  readonly cases: ContractCase[] = [];
  readonly #task: string;
  readonly #input: StandardSchema;
  readonly #payloads = new Set<string>();
  readonly #names = new Map<string, number>();

  constructor(task: string, input: StandardSchema) {
    this.#task = task;
    this.#input = input;
  }

  async add(kind: ContractCase["kind"], { path, what, value }: Sample): Promise<void> {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined || text.length > MAX_BYTES || this.#payloads.has(text)) return;
    const payload: unknown = JSON.parse(text);
    const result = await validate(this.#input, payload);
    if (result.ok !== (kind !== "invalid")) return;
    this.#payloads.add(text);
    const name = this.#nameOf(`${kind}: ${placeText(path)} ${what}`);
    const [issue] = result.ok ? [] : result.issues;
    const run = (app: TestApp) =>
      kind === "invalid"
        ? expectRefused(app, this.#task, payload)
        : expectCompleted(app, this.#task, payload);
    this.cases.push({ name, kind, payload, ...(issue === undefined ? {} : { issue }), run });
  }

  #nameOf(name: string): string {
    const count = (this.#names.get(name) ?? 0) + 1;
    this.#names.set(name, count);
    return count === 1 ? name : `${name}, ${count}`;
  }
}

function placeText(path: readonly (string | number)[]): string {
  if (path.length === 0) return "the payload is";
  const place = path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return /^[A-Za-z_$][\w$]*$/.test(key) ? `${text}.${key}` : `${text}[${JSON.stringify(key)}]`;
  }, "");
  return `${place.replace(/^\./, "")} is`;
}

async function expectCompleted(app: TestApp, task: string, payload: unknown): Promise<void> {
  await app.runJob(task, payload);
}

/** With `validateOnDispatch: false` it is the worker that refuses. */
async function expectRefused(app: TestApp, task: string, payload: unknown): Promise<void> {
  try {
    await app.runJob(task, payload);
  } catch (error) {
    const { code, cause } = error as {
      readonly code?: unknown;
      readonly cause?: { readonly name?: unknown };
    };
    if (code === "VALIDATION_FAILED" || cause?.name === "ValidationError") return;
    throw error;
  }
  assert.fail(`${task} accepted a payload that its schema refuses: ${JSON.stringify(payload).slice(0, 500)}`);
}
