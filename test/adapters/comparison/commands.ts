import fc from "fast-check";
import type { PlayedStore } from "./played-store.js";
import { atGates, overrides, resumption, turns, windows } from "./scenes.js";
import { expectSound } from "./soundness.js";
import { overriding, type Step, someLimits, stepsWith, workflowStepsWith } from "./steps.js";

/** The stores that are compared: the first says what the second must do. */
export interface PlayedStores {
  readonly memory: PlayedStore;
  readonly redis: PlayedStore;
}

/** Commands in their order. */
export type Sequence = Iterable<fc.AsyncCommand<object, PlayedStores>>;

/** Steps that are done to both stores, which must answer alike. */
class StepsCommand implements fc.AsyncCommand<object, PlayedStores> {
  readonly #steps: readonly Step[];
  readonly #isWatched: boolean;

  constructor(steps: readonly Step[], isWatched: boolean) {
    this.#steps = steps;
    this.#isWatched = isWatched;
  }

  check(): boolean {
    return true;
  }

  async run(_model: object, stores: PlayedStores): Promise<void> {
    for (const step of this.#steps) {
      const [memory, redis] = await both(stores, (store) => store.do(step));
      await compareReplies(JSON.stringify(step), { memory, redis }, stores);
      if (this.#isWatched) await compareAll(stores);
    }
  }

  toString(): string {
    return this.#steps.map((step) => JSON.stringify(step)).join(", ");
  }
}

/** Commands for steps that are given; everything is compared after each. */
export function sequenceOf(steps: readonly Step[]): Sequence {
  return [new StepsCommand(steps, true)];
}

/** How many of the sequences have workflows. */
export type Workflows = "in half of them" | "in none";

/**
 * Sequences of steps.
 *
 * @param looks whether everything is compared after each of them, or is left to the end
 * @param within what of a step both stores can do
 */
export function sequences(
  looks: "after each" | "at the end",
  workflows: Workflows,
  within: (step: Step) => Step | undefined,
): fc.Arbitrary<Sequence> {
  const isOne = workflows === "in none" ? fc.constant(false) : fc.boolean();
  const isOverridden = fc.boolean();
  return fc.tuple(someLimits, isOne, isOverridden).chain(([limits, hasWorkflows, hasOverrides]) => {
    const steps = stepsWith(limits);
    const often = [steps.insert, steps.claim, steps.settle, steps.pass];
    const plain: readonly fc.Arbitrary<Step>[] = [
      ...Object.values(steps),
      ...[...often, ...often, ...often],
      ...(hasOverrides ? [overriding] : []),
    ];
    const ofWorkflows: readonly fc.Arbitrary<Step>[] = Object.values(workflowStepsWith(limits));
    const single = hasWorkflows ? [...plain, ...ofWorkflows, ...ofWorkflows, steps.run, steps.run] : plain;
    const ofLimits = [turns, windows, atGates];
    const scenes = hasWorkflows ? [...ofLimits, resumption, resumption] : ofLimits;
    const all = [
      ...single.map((step) => step.map((each): readonly Step[] => [each])),
      ...scenes,
      ...(hasOverrides ? [overrides, overrides] : []),
    ];
    const commands = all.map((some) =>
      some.map((each) => {
        const steps = each.flatMap((step) => within(step) ?? []);
        return new StepsCommand(steps, looks === "after each");
      }),
    );
    return fc.commands(commands, { maxCommands: 60, size: "max" });
  });
}

/** Plays a sequence; gives up at the first step at which the stores part. */
export async function play(commands: Sequence, stores: PlayedStores): Promise<void> {
  await fc.asyncModelRun(() => ({ model: {}, real: stores }), commands);
  await compareAll(stores);
  const [memory, redis] = await both(stores, (store) => store.heard());
  compare("what listeners are told", memory, redis);
}

async function compareAll(stores: PlayedStores): Promise<void> {
  const [memory, redis] = await both(stores, (store) => store.look());
  compare("what is shown", memory, redis);
  await both(stores, expectSound);
}

async function both<T>(
  { memory, redis }: PlayedStores,
  work: (store: PlayedStore) => Promise<T>,
): Promise<readonly [T, T]> {
  return [await work(memory), await work(redis)];
}

/**
 * Whether something is due is compared where a job says so: a store may look after what is not there any more, such as
 * a lease that holds nothing.
 */
async function compareReplies(
  step: string,
  { memory, redis }: { readonly memory: unknown; readonly redis: unknown },
  stores: PlayedStores,
): Promise<void> {
  if (isObject(memory) && isObject(redis) && memory.nextDueInMs !== redis.nextDueInMs) {
    if (!(await stores.memory.isTimed())) return compare(step, withoutDue(memory), withoutDue(redis));
    const known = [memory, redis].map(({ nextDueInMs }) => nextDueInMs !== undefined);
    return compare(
      step,
      { ...withoutDue(memory), isDue: known[0] },
      { ...withoutDue(redis), isDue: known[1] },
    );
  }
  compare(step, memory, redis);
}

function withoutDue(reply: Record<string, unknown>): Record<string, unknown> {
  return { ...reply, nextDueInMs: undefined };
}

function compare(label: string, memory: unknown, redis: unknown): void {
  const [expected = [], actual = []] = [memory, redis].map((value) =>
    (JSON.stringify(value, sortKeys, 1) ?? "undefined").split("\n"),
  );
  const at = expected.findIndex((line, index) => line !== actual[index]);
  if (at < 0 && expected.length === actual.length) return;
  const from = Math.max(0, at - 8);
  const excerpt = (lines: readonly string[]) => lines.slice(from, from + 16).join("\n");
  throw new Error(`${label}\nmemory:\n${excerpt(expected)}\nRedis:\n${excerpt(actual)}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
