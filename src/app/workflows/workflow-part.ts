/** Builds workflows: steps, chains and groups, typed by what they take and give. Nothing is stored here. */
import { requireNoMore } from "../../core/arguments.js";
import { integer, oneOf } from "../../core/checks.js";
import { OptionError } from "../../core/errors.js";
import { describe, optionSet } from "../../core/options.js";
import type { Settled } from "../../core/workflow/packed-list.js";
import type { Plan } from "../../core/workflow/plan.js";
import { MAX_WORKFLOW_STEPS } from "../../core/workflow/store.js";
import type { TaskClient } from "../dispatch/task-client.js";
import type { StepRequest } from "./step-source.js";

/** Deeper nesting than any sane workflow has. */
const MAX_DEPTH = 100;

/** A part of a workflow: it takes an `Input` from the part before it and gives a `Result`. Never changes. */
export interface WorkflowPart<Input, Result> {
  /** Tells a part from a task. */
  readonly kind: "workflow part";
  /** For the type checker alone: what the part takes and gives. A method, so that lists of tasks of any kind can be. */
  readonly types?: { accepts(input: Input): void; gives(): Result };
}

/** What stands behind a part, which only taskora itself looks into. */
interface Inside {
  readonly plan: Plan<StepRequest>;
  readonly size: number;
  readonly depth: number;
}

/** The same in the ES module and in the CommonJS build: a process may hold both. */
const INSIDE: unique symbol = Symbol.for("taskora.workflow.part") as never;

type BuiltPart<Input, Result> = WorkflowPart<Input, Result> & { readonly [INSIDE]: Inside };

function newPart<Input, Result>(inside: Inside): BuiltPart<Input, Result> {
  const part = Object.defineProperty({ kind: "workflow part" }, INSIDE, { value: inside });
  return part as BuiltPart<Input, Result>;
}

/** A part of one step. */
export function stepPart<Input, Result>(request: StepRequest): WorkflowPart<Input, Result> {
  return newPart({ plan: { kind: "step", leaf: request }, size: 1, depth: 1 });
}

/**
 * The plan of a link; of a task alone it is a step with the input of the part before it.
 *
 * @throws {OptionError} when it is neither a task nor a part
 */
export function planOf(link: WorkflowLink, where: string): Plan<StepRequest> {
  return toPart(link, where)[INSIDE].plan;
}

/** @throws {OptionError} when it is too large or too deep */
function combine<Input, Result>(
  parts: readonly BuiltPart<unknown, unknown>[],
  how: { readonly kind: "chain" } | { readonly kind: "group"; readonly onFailure: FailurePolicy },
): BuiltPart<Input, Result> {
  let size = 0;
  let depth = 1;
  const plans: Plan<StepRequest>[] = [];
  for (const part of parts) {
    const { plan, ...inside } = part[INSIDE];
    const isSameChain = how.kind === "chain" && plan.kind === "chain";
    for (const each of isSameChain ? plan.parts : [plan]) plans.push(each);
    size += inside.size;
    depth = Math.max(depth, isSameChain ? inside.depth : inside.depth + 1);
  }
  // A group of none is work too.
  const measure = { size: Math.max(size, 1), depth };
  requireMeasure(measure);
  return newPart({ plan: { ...how, parts: plans }, ...measure });
}

function requireMeasure({ size, depth }: { readonly size: number; readonly depth: number }): void {
  if (size > MAX_WORKFLOW_STEPS) throw tooLarge();
  if (depth <= MAX_DEPTH) return;
  throw new OptionError(
    `expected a workflow whose parts are nested at most ${MAX_DEPTH} deep; put steps into one chain instead`,
  );
}

function tooLarge(): OptionError {
  return new OptionError(
    `expected a workflow of at most ${MAX_WORKFLOW_STEPS} steps, got more. Give each step more to do, see chunk(), ` +
      "or let a step start further workflows.",
  );
}

/** What can stand in a workflow: a task, which takes what came before, or a part made of tasks. */
export type WorkflowLink = TaskClient<unknown, unknown> | WorkflowPart<unknown, unknown>;

/** What a link takes from the part before it. */
export type LinkInput<Link> =
  Link extends WorkflowPart<infer Input, unknown>
    ? Input
    : Link extends TaskClient<infer Input, unknown>
      ? Input
      : never;

/** What a link gives to the part behind it. */
export type LinkResult<Link> =
  Link extends WorkflowPart<unknown, infer Result>
    ? Result
    : Link extends TaskClient<unknown, infer Result>
      ? Result
      : never;

/** Stands where a link should be that does not take what it is given. */
export interface Misfit<Takes, Given> {
  readonly "this step takes": Takes;
  readonly "but it is given": Given;
}

/** A link that takes what is given; else what is wrong with it. */
export type Fitting<Given, Link> = [Given] extends [LinkInput<Link>] ? Link : Misfit<LinkInput<Link>, Given>;

/** Links of which each takes what the one before it gives. */
export type ChainOf<Links extends readonly WorkflowLink[]> = Links extends readonly [
  infer First,
  ...infer Rest,
]
  ? ChainedOn<[First], First, Rest>
  : readonly Fitting<LinkResult<Links[number]>, Links[number]>[];

type ChainedOn<Done extends readonly unknown[], Before, Links> = Links extends readonly [
  infer Next,
  ...infer Rest,
]
  ? ChainedOn<[...Done, Fitting<LinkResult<Before>, Next>], Next, Rest>
  : Done;

type FirstOf<Links extends readonly WorkflowLink[]> = Links extends readonly [infer First, ...unknown[]]
  ? First
  : Links[number];
type LastOf<Links extends readonly WorkflowLink[]> = Links extends readonly [...unknown[], infer Last]
  ? Last
  : Links[number];

/**
 * Runs parts one after another; each gets the result of the one before.
 *
 * @throws {OptionError} when a part is none, or the workflow too large
 */
export function chain<const Links extends readonly WorkflowLink[]>(
  ...links: Links extends ChainOf<Links> ? Links : ChainOf<Links>
): WorkflowPart<LinkInput<FirstOf<Links>>, LinkResult<LastOf<Links>>>;
export function chain(...links: readonly WorkflowLink[]): WorkflowPart<unknown, unknown> {
  const parts = links.map((link) => toPart(link, "chain()"));
  if (parts.length > 0) return combine(parts, { kind: "chain" });
  throw new OptionError("expected chain() to be given at least one step, got none");
}

/** What becomes of a group when a member fails. */
export type FailurePolicy = "fail-fast" | "continue";

/** How the members of a group belong together. */
export interface GroupOptions<Policy extends FailurePolicy = FailurePolicy> {
  /**
   * `"fail-fast"` (default): the first member that does not complete fails the group, and cancels the others.
   * `"continue"`: all members end, and the result says of each how: `{ status: "completed", value }` or
   * `{ status: "failed" | "cancelled" | "expired", error }`.
   */
  readonly onFailure?: Policy | undefined;
}

/** What one member contributes to the result of its group. */
export type MemberResult<Result, Policy extends FailurePolicy> = Policy extends "continue"
  ? Settled<Result>
  : Result;

/** The results of the members of a group, in their order. */
export type MemberResults<Links extends readonly WorkflowLink[], Policy extends FailurePolicy> = {
  -readonly [K in keyof Links]: MemberResult<LinkResult<Links[K]>, Policy>;
};

/** What all members can take: each gets the same. */
type SharedInput<Links extends readonly WorkflowLink[]> = (
  Links[number] extends infer Link
    ? Link extends WorkflowLink
      ? (input: LinkInput<Link>) => void
      : never
    : never
) extends (input: infer Input) => void
  ? Input
  : unknown;

/**
 * Runs parts side by side; gives the list of their results, in their order. Behind another part, each member gets that
 * part's result.
 *
 * @throws {OptionError} when a part is none, on a bad option, or when the workflow is too large
 */
export function group<
  const Links extends readonly WorkflowLink[],
  Policy extends FailurePolicy = "fail-fast",
>(
  links: Links,
  options?: GroupOptions<Policy>,
): WorkflowPart<SharedInput<Links>, MemberResults<Links, Policy>>;
export function group(
  links: Iterable<WorkflowLink>,
  options: GroupOptions = {},
  ...surplus: readonly unknown[]
): WorkflowPart<unknown, unknown> {
  requireNoMore("group()", 2, surplus);
  const parts = take(links, "group()").map((link) => toPart(link, "group()"));
  return combine(parts, { kind: "group", onFailure: requirePolicy(options) });
}

/**
 * Runs parts side by side, then `callback` with the list of their results.
 *
 * @throws {OptionError} as {@link group}
 */
export function chord<
  const Links extends readonly WorkflowLink[],
  Callback extends WorkflowLink,
  Policy extends FailurePolicy = "fail-fast",
>(
  links: Links,
  callback: Fitting<MemberResults<Links, Policy>, Callback>,
  options?: GroupOptions<Policy>,
): WorkflowPart<SharedInput<Links>, LinkResult<Callback>>;
export function chord(
  links: Iterable<WorkflowLink>,
  callback: WorkflowLink,
  options: GroupOptions = {},
  ...surplus: readonly unknown[]
): WorkflowPart<unknown, unknown> {
  requireNoMore("chord()", 3, surplus);
  const parts = take(links, "chord()").map((link) => toPart(link, "chord()"));
  const members = combine(parts, { kind: "group", onFailure: requirePolicy(options) });
  return combine([members, toPart(callback, "chord()")], { kind: "chain" });
}

/**
 * Runs a task once per item, side by side; gives the results in the order of the items.
 *
 * @throws {OptionError} for more than 10 000 items, however many there are, and as {@link group}
 */
export function map<Input, Result, Policy extends FailurePolicy = "fail-fast">(
  task: TaskClient<Input, Result>,
  items: readonly NoInfer<Input>[] | Iterable<NoInfer<Input>>,
  options?: GroupOptions<Policy>,
): WorkflowPart<unknown, MemberResult<Result, Policy>[]>;
export function map(
  task: TaskClient,
  items: Iterable<unknown>,
  options: GroupOptions = {},
  ...surplus: readonly unknown[]
): WorkflowPart<unknown, unknown> {
  requireNoMore("map()", 3, surplus);
  const parts = take(items, "map()").map((item) => stepOf(task, item));
  return combine(parts, { kind: "group", onFailure: requirePolicy(options) });
}

/**
 * Runs a task that takes a list once per `size` items, side by side; gives one result per list, in order.
 *
 * @param size items per list, from 1; the last list may be shorter
 * @throws {OptionError} for more than 10 000 lists, and as {@link group}
 */
export function chunk<Item, Result, Policy extends FailurePolicy = "fail-fast">(
  task: TaskClient<Item[], Result>,
  items: readonly NoInfer<Item>[] | Iterable<NoInfer<Item>>,
  size: number,
  options?: GroupOptions<Policy>,
): WorkflowPart<unknown, MemberResult<Result, Policy>[]>;
export function chunk(
  task: TaskClient<unknown[]>,
  items: Iterable<unknown>,
  size: number,
  options: GroupOptions = {},
  ...surplus: readonly unknown[]
): WorkflowPart<unknown, unknown> {
  requireNoMore("chunk()", 4, surplus);
  const most = integer(1, 1_000_000)(size, "the size of chunk()");
  const parts = take(listsOf(items, most), "chunk()").map((list) => stepOf(task as TaskClient, list));
  return combine(parts, { kind: "group", onFailure: requirePolicy(options) });
}

function* listsOf(items: Iterable<unknown>, size: number): Iterable<unknown[]> {
  let list: unknown[] = [];
  for (const item of requireIterable(items, "chunk()")) {
    list.push(item);
    if (list.length < size) continue;
    yield list;
    list = [];
  }
  if (list.length > 0) yield list;
}

/** What an iterable gives, but no more than a workflow may have: it may have no end. */
function take<Item>(items: Iterable<Item>, where: string): Item[] {
  const taken: Item[] = [];
  for (const item of requireIterable(items, where)) {
    taken.push(item);
    if (taken.length > MAX_WORKFLOW_STEPS) throw tooLarge();
  }
  return taken;
}

function requireIterable<Item>(items: Iterable<Item>, where: string): Iterable<Item> {
  if (typeof items === "object" && items !== null && Symbol.iterator in items) return items;
  throw new OptionError(
    `expected ${where} to be given something iterable, such as a list, got ${describe(items)}`,
  );
}

const GROUP = optionSet({ onFailure: oneOf(["fail-fast", "continue"]) });

function requirePolicy(options: GroupOptions): FailurePolicy {
  return GROUP.read(options, "the options of a group").onFailure ?? "fail-fast";
}

function stepOf(task: TaskClient, data: unknown): BuiltPart<unknown, unknown> {
  if (isTask(task)) return toPart(task.step(data), "a step");
  throw new OptionError(`expected a task, such as a client's property, got ${describe(task)}`);
}

/** @throws {OptionError} when it is neither a task nor a part */
function toPart(link: WorkflowLink, where: string): BuiltPart<unknown, unknown> {
  const part = isTask(link) ? link.nextStep() : link;
  if (typeof part === "object" && part !== null && INSIDE in part) {
    return part as BuiltPart<unknown, unknown>;
  }
  throw new OptionError(
    `expected ${where} to be given tasks, steps and other parts of workflows, got ${describe(link)}`,
  );
}

function isTask(value: unknown): value is TaskClient {
  return typeof value === "object" && value !== null && "step" in value && typeof value.step === "function";
}
