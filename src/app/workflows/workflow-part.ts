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

/** A part with its plan, which only the functions below look into. */
export class BuiltPart<Input, Result> implements WorkflowPart<Input, Result> {
  declare readonly types?: NonNullable<WorkflowPart<Input, Result>["types"]>;
  readonly kind = "workflow part";
  readonly #plan: Plan<StepRequest>;
  readonly #size: number;
  readonly #depth: number;

  private constructor(plan: Plan<StepRequest>, measure: { readonly size: number; readonly depth: number }) {
    this.#plan = plan;
    this.#size = measure.size;
    this.#depth = measure.depth;
  }

  /**
   * For taskora itself.
   *
   * @internal
   */
  static ofStep<Input, Result>(request: StepRequest): BuiltPart<Input, Result> {
    return new BuiltPart({ kind: "step", leaf: request }, { size: 1, depth: 1 });
  }

  /**
   * For taskora itself.
   *
   * @throws {OptionError} when it is too large or too deep
   * @internal
   */
  static combine<Input, Result>(
    parts: readonly BuiltPart<unknown, unknown>[],
    how: { readonly kind: "chain" } | { readonly kind: "group"; readonly onFailure: FailurePolicy },
  ): BuiltPart<Input, Result> {
    let size = 0;
    let depth = 1;
    const plans: Plan<StepRequest>[] = [];
    for (const part of parts) {
      const plan = part.#plan;
      const isSameChain = how.kind === "chain" && plan.kind === "chain";
      for (const each of isSameChain ? plan.parts : [plan]) plans.push(each);
      size += part.#size;
      depth = Math.max(depth, isSameChain ? part.#depth : part.#depth + 1);
    }
    // A group of none is work too.
    const measure = { size: Math.max(size, 1), depth };
    requireMeasure(measure);
    return new BuiltPart({ ...how, parts: plans }, measure);
  }

  /**
   * For taskora itself.
   *
   * @internal
   */
  static planOf(part: BuiltPart<unknown, unknown>): Plan<StepRequest> {
    return part.#plan;
  }
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

/** Lets a link pass only when it takes what is given; otherwise the error names both. */
export type Fits<Given, Link> = [Given] extends [LinkInput<Link>]
  ? unknown
  : { readonly "this step takes": LinkInput<Link>; readonly "but it is given": Given };

type Next<Before, Link> = Link & Fits<LinkResult<Before>, Link>;
type Chained<First, Last> = WorkflowPart<LinkInput<First>, LinkResult<Last>>;

/**
 * Runs parts one after another; each gets the result of the one before. For more than eight, chain chains.
 *
 * @throws {OptionError} when a part is none, or the workflow too large
 */
export function chain<A extends WorkflowLink, B extends WorkflowLink>(a: A, b: Next<A, B>): Chained<A, B>;
export function chain<A extends WorkflowLink, B extends WorkflowLink, C extends WorkflowLink>(
  a: A,
  b: Next<A, B>,
  c: Next<B, C>,
): Chained<A, C>;
export function chain<
  A extends WorkflowLink,
  B extends WorkflowLink,
  C extends WorkflowLink,
  D extends WorkflowLink,
>(a: A, b: Next<A, B>, c: Next<B, C>, d: Next<C, D>): Chained<A, D>;
export function chain<
  A extends WorkflowLink,
  B extends WorkflowLink,
  C extends WorkflowLink,
  D extends WorkflowLink,
  E extends WorkflowLink,
>(a: A, b: Next<A, B>, c: Next<B, C>, d: Next<C, D>, e: Next<D, E>): Chained<A, E>;
export function chain<
  A extends WorkflowLink,
  B extends WorkflowLink,
  C extends WorkflowLink,
  D extends WorkflowLink,
  E extends WorkflowLink,
  F extends WorkflowLink,
>(a: A, b: Next<A, B>, c: Next<B, C>, d: Next<C, D>, e: Next<D, E>, f: Next<E, F>): Chained<A, F>;
export function chain<
  A extends WorkflowLink,
  B extends WorkflowLink,
  C extends WorkflowLink,
  D extends WorkflowLink,
  E extends WorkflowLink,
  F extends WorkflowLink,
  G extends WorkflowLink,
  H extends WorkflowLink = G,
>(
  a: A,
  b: Next<A, B>,
  c: Next<B, C>,
  d: Next<C, D>,
  e: Next<D, E>,
  f: Next<E, F>,
  g: Next<F, G>,
  ...h: [] | [Next<G, H>]
): Chained<A, H>;
/** Any number of links that take what they give. */
export function chain<Link extends WorkflowLink>(
  ...links: readonly (Link & Fits<LinkResult<Link>, Link>)[]
): Chained<Link, Link>;
export function chain(...links: readonly WorkflowLink[]): WorkflowPart<unknown, unknown> {
  const parts = links.map((link) => toPart(link, "chain()"));
  if (parts.length > 0) return BuiltPart.combine(parts, { kind: "chain" });
  throw new OptionError("expected chain() to be given at least one step, got none");
}

/** What becomes of a group when a member fails. */
export type FailurePolicy = "fail-fast" | "continue";

/** How the members of a group belong together. */
export interface GroupOptions {
  /**
   * `"fail-fast"` (default): the first member that does not complete fails the group, and cancels the others.
   * `"continue"`: all members end, and the result says of each how: `{ status: "completed", value }` or
   * `{ status: "failed" | "cancelled" | "expired", error }`.
   */
  readonly onFailure?: FailurePolicy | undefined;
}

interface GoesOn extends GroupOptions {
  readonly onFailure: "continue";
}

interface FailsFast extends GroupOptions {
  readonly onFailure?: "fail-fast" | undefined;
}

type Results<Links extends readonly WorkflowLink[]> = { -readonly [K in keyof Links]: LinkResult<Links[K]> };
type SettledResults<Links extends readonly WorkflowLink[]> = {
  -readonly [K in keyof Links]: Settled<LinkResult<Links[K]>>;
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
export function group<const Links extends readonly WorkflowLink[]>(
  links: Links,
  options?: FailsFast,
): WorkflowPart<SharedInput<Links>, Results<Links>>;
export function group<const Links extends readonly WorkflowLink[]>(
  links: Links,
  options: GoesOn,
): WorkflowPart<SharedInput<Links>, SettledResults<Links>>;
export function group(
  links: Iterable<WorkflowLink>,
  options: GroupOptions = {},
  ...surplus: readonly unknown[]
): WorkflowPart<unknown, unknown> {
  requireNoMore("group()", 2, surplus);
  const parts = take(links, "group()").map((link) => toPart(link, "group()"));
  return BuiltPart.combine(parts, { kind: "group", onFailure: requirePolicy(options) });
}

/**
 * Runs parts side by side, then `callback` with the list of their results.
 *
 * @throws {OptionError} as {@link group}
 */
export function chord<const Links extends readonly WorkflowLink[], Callback extends WorkflowLink>(
  links: Links,
  callback: Callback & Fits<Results<Links>, Callback>,
  options?: FailsFast,
): WorkflowPart<SharedInput<Links>, LinkResult<Callback>>;
export function chord<const Links extends readonly WorkflowLink[], Callback extends WorkflowLink>(
  links: Links,
  callback: Callback & Fits<SettledResults<Links>, Callback>,
  options: GoesOn,
): WorkflowPart<SharedInput<Links>, LinkResult<Callback>>;
export function chord(
  links: Iterable<WorkflowLink>,
  callback: WorkflowLink,
  options: GroupOptions = {},
  ...surplus: readonly unknown[]
): WorkflowPart<unknown, unknown> {
  requireNoMore("chord()", 3, surplus);
  const parts = take(links, "chord()").map((link) => toPart(link, "chord()"));
  const members = BuiltPart.combine(parts, { kind: "group", onFailure: requirePolicy(options) });
  return BuiltPart.combine([members, toPart(callback, "chord()")], { kind: "chain" });
}

/**
 * Runs a task once per item, side by side; gives the results in the order of the items.
 *
 * @throws {OptionError} for more than 10 000 items, however many there are, and as {@link group}
 */
export function map<Input, Result>(
  task: TaskClient<Input, Result>,
  items: Iterable<Input>,
  options?: FailsFast,
): WorkflowPart<unknown, Result[]>;
export function map<Input, Result>(
  task: TaskClient<Input, Result>,
  items: Iterable<Input>,
  options: GoesOn,
): WorkflowPart<unknown, Settled<Result>[]>;
export function map(
  task: TaskClient,
  items: Iterable<unknown>,
  options: GroupOptions = {},
  ...surplus: readonly unknown[]
): WorkflowPart<unknown, unknown> {
  requireNoMore("map()", 3, surplus);
  const parts = take(items, "map()").map((item) => stepOf(task, item));
  return BuiltPart.combine(parts, { kind: "group", onFailure: requirePolicy(options) });
}

/**
 * Runs a task that takes a list once per `size` items, side by side; gives one result per list, in order.
 *
 * @param size items per list, from 1; the last list may be shorter
 * @throws {OptionError} for more than 10 000 lists, and as {@link group}
 */
export function chunk<Item, Result>(
  task: TaskClient<Item[], Result>,
  items: Iterable<Item>,
  size: number,
  options?: FailsFast,
): WorkflowPart<unknown, Result[]>;
export function chunk<Item, Result>(
  task: TaskClient<Item[], Result>,
  items: Iterable<Item>,
  size: number,
  options: GoesOn,
): WorkflowPart<unknown, Settled<Result>[]>;
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
  return BuiltPart.combine(parts, { kind: "group", onFailure: requirePolicy(options) });
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

/**
 * A link as a part: a task alone is a step with the input of the part before it.
 *
 * @throws {OptionError} when it is neither
 */
export function toPart(link: WorkflowLink, where: string): BuiltPart<unknown, unknown> {
  const part = isTask(link) ? link.nextStep() : link;
  if (part instanceof BuiltPart) return part;
  const isOther =
    typeof part === "object" && part !== null && "kind" in part && part.kind === "workflow part";
  throw new OptionError(
    `expected ${where} to be given tasks, steps and other parts of workflows, got ` +
      (isOther
        ? "one made by another copy of taskora. Import or require taskora in one way only, and look at npm ls taskora"
        : describe(link)),
  );
}

function isTask(value: unknown): value is TaskClient {
  return typeof value === "object" && value !== null && "step" in value && typeof value.step === "function";
}
