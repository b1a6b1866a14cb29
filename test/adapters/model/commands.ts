import fc from "fast-check";
import type { PlayedModel } from "./played-model.js";
import type { PlayedStore } from "./played-store.js";
import { type Step, someLimits, stepsWith } from "./steps.js";

/** The stores that are compared with the model, by name. */
export type PlayedStores = Readonly<Record<string, PlayedStore>>;

/** Commands in their order. */
export type Sequence = Iterable<fc.AsyncCommand<PlayedModel, PlayedStores>>;

/** A step that is done to the model and to every store; each must answer what the model answers. */
class StepCommand implements fc.AsyncCommand<PlayedModel, PlayedStores> {
  readonly #step: Step;
  readonly #isWatched: boolean;

  constructor(step: Step, isWatched: boolean) {
    this.#step = step;
    this.#isWatched = isWatched;
  }

  check(): boolean {
    return true;
  }

  async run(model: PlayedModel, stores: PlayedStores): Promise<void> {
    const expected = model.do(this.#step);
    await eachStore(stores, async (store, name) => {
      compare(`${name} answers ${this}`, expected, await store.do(this.#step));
    });
    if (this.#isWatched) await compareAll(model, stores);
  }

  toString(): string {
    return JSON.stringify(this.#step);
  }
}

/** Commands for steps that are given; everything is compared after each. */
export function sequenceOf(steps: readonly Step[]): Sequence {
  return steps.map((step) => new StepCommand(step, true));
}

/** Sequences of steps. `looks`: whether everything is compared after each of them, or is left to the end. */
export function sequences(looks: "after each" | "at the end"): fc.Arbitrary<Sequence> {
  return someLimits.chain((limits) => {
    const steps = stepsWith(limits);
    const often = [steps.insert, steps.claim, steps.settle];
    const all: readonly fc.Arbitrary<Step>[] = [
      ...Object.values(steps),
      ...often,
      ...often,
      ...often,
      ...often,
    ];
    const commands = all.map((step) => step.map((each) => new StepCommand(each, looks === "after each")));
    return fc.commands(commands, { maxCommands: 40, size: "max" });
  });
}

/** Plays a sequence; gives up at the first store that does not do what the model does. */
export async function play(
  commands: Sequence,
  run: { readonly model: PlayedModel; readonly stores: PlayedStores },
): Promise<void> {
  const { model, stores } = run;
  await fc.asyncModelRun(() => ({ model, real: stores }), commands);
  await compareAll(model, stores);
  const told = model.heard();
  await eachStore(stores, async (store, name) => compare(`${name} tells`, told, await store.heard()));
}

async function compareAll(model: PlayedModel, stores: PlayedStores): Promise<void> {
  const expected = model.look();
  await eachStore(stores, async (store, name) => compare(`${name} shows`, expected, await store.look()));
}

async function eachStore(
  stores: PlayedStores,
  work: (store: PlayedStore, name: string) => Promise<void>,
): Promise<void> {
  await Promise.all(Object.entries(stores).map(([name, store]) => work(store, name)));
}

/** What the model leaves open is not compared. */
function compare(label: string, expected: unknown, actual: unknown): void {
  const [model = [], store = []] = [expected, onlyForetold(expected, actual)].map((value) =>
    JSON.stringify(value, sortKeys, 1).split("\n"),
  );
  const at = model.findIndex((line, index) => line !== store[index]);
  if (at < 0 && model.length === store.length) return;
  const from = Math.max(0, at - 8);
  const excerpt = (lines: readonly string[]) => lines.slice(from, from + 16).join("\n");
  throw new Error(`${label}\nmodel:\n${excerpt(model)}\nstore:\n${excerpt(store)}`);
}

function onlyForetold(expected: unknown, actual: unknown): unknown {
  if (!isObject(expected) || !isObject(actual)) return actual;
  const open = ["isAnythingDue", "nextDueInMs"].filter(
    (key) => key in expected && expected[key] === undefined,
  );
  return { ...actual, ...Object.fromEntries(open.map((key) => [key, undefined])) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
