import type { JsonValue } from "../../../src/schema/ir.js";
import { canonicalJson } from "../../canonical-json.js";
import type { Probe, ProbeAnswer } from "../../load/protocol.js";
import type { LiveAnswers } from "../judge/settle.js";
import type { Proof } from "../judge/trial.js";
import type { Draft } from "./draft.js";
import type { DraftedPair } from "./drafted-pair.js";

/** More values than this are not sent through the schemas of one contract. */
const MAX_PER_SIDE = 600;

/** Gathers the values that live schemas must look at, sends each once, and finds the answers again. */
export class ProbeBook {
  readonly #probes: Probe[] = [];
  readonly #index = new Map<string, number>();
  readonly #places = new WeakMap<object, Map<string, { readonly index: number | undefined }>>();
  #answers: readonly ProbeAnswer[] = [];

  constructor(pairs: readonly DraftedPair[]) {
    for (const pair of pairs) {
      if (pair.new === undefined) continue;
      const task = pair.new.name;
      if (pair.input !== undefined) this.#addSide({ task, side: "input" }, pair.input);
      if (pair.output !== undefined) this.#addSide({ task, side: "output" }, pair.output);
      if (pair.emits !== undefined) this.#addSide({ task, side: "emits" }, pair.emits);
      if (pair.hasBump) for (const probe of migrationProbes(pair)) this.#add(probe);
    }
  }

  get probes(): readonly Probe[] {
    return this.#probes;
  }

  /** Takes the answers, in the order of the probes. */
  take(answers: readonly ProbeAnswer[]): void {
    this.#answers = answers;
  }

  /** What the live schema of one side said. */
  live(place: Pick<Probe, "task" | "side">): LiveAnswers {
    return { issuesOf: (value) => this.#answers[this.#indexOf(place, value) ?? -1]?.issues };
  }

  /** The answer to a probe, or undefined when it was not sent. */
  answer(probe: Probe): ProbeAnswer | undefined {
    const index = this.#index.get(keyOf(probe));
    return index === undefined ? undefined : this.#answers[index];
  }

  #addSide(place: Pick<Probe, "task" | "side">, draft: Draft): void {
    const before = this.#probes.length;
    const seen = new Set<unknown>();
    for (const value of valuesToProbe(draft)) {
      if (this.#probes.length - before >= MAX_PER_SIDE) break;
      if (seen.has(value)) continue;
      seen.add(value);
      this.#add(probeOf(place, value));
    }
  }

  /** One payload may prove hundreds of changes, and is as large as its contract: its key is made once. */
  #indexOf(place: Pick<Probe, "task" | "side">, value: unknown): number | undefined {
    if (typeof value !== "object" || value === null) return this.#index.get(keyOf(probeOf(place, value)));
    const side = `${place.side} ${place.task}`;
    const known = this.#places.get(value)?.get(side);
    if (known !== undefined) return known.index;
    const index = this.#index.get(keyOf(probeOf(place, value)));
    const places = this.#places.get(value) ?? new Map<string, { readonly index: number | undefined }>();
    this.#places.set(value, places.set(side, { index }));
    return index;
  }

  #add(probe: Probe): void {
    const key = keyOf(probe);
    if (this.#index.has(key)) return;
    this.#index.set(key, this.#probes.length);
    this.#probes.push(probe);
  }
}

/** The best payload of every change first, so that a cut leaves something for each. */
function valuesToProbe(draft: Draft): readonly unknown[] {
  const lists = [
    ...draft.changes.flatMap(({ candidates }) => [
      candidates.oldToNew.map((proof) => proof.wire),
      candidates.newToOld.map((proof) => proof.payload),
    ]),
    draft.unexplained.oldToNew.slice(0, 3).map((proof) => proof.wire),
    draft.unexplained.newToOld.slice(0, 3).map((proof) => proof.payload),
  ];
  const first = lists.flatMap((list) => list.slice(0, 1));
  const rest = lists.flatMap((list) => list.slice(1));
  return [...first, ...(draft.changes.length === 0 ? [] : draft.fitting), ...rest];
}

function keyOf(probe: Probe): string {
  return canonicalJson(probe);
}

function probeOf(place: Pick<Probe, "task" | "side">, value: unknown): Probe {
  const text: string | undefined = JSON.stringify(value);
  return { ...place, ...(text === undefined ? {} : { value: JSON.parse(text) as JsonValue }) };
}

/** Old payloads as they wait in the queue, to be taken through the migrations. */
export function migrationProbes(pair: DraftedPair): readonly Probe[] {
  const { old, new: next, input } = pair;
  if (old === undefined || next === undefined || input === undefined) return [];
  const failing: readonly Proof[] = input.changes.flatMap((entry) => entry.candidates.oldToNew);
  const wires = [...input.fitting, ...failing.map((proof) => proof.wire)];
  const place = { task: next.name, side: "input" } as const;
  return wires.slice(0, MAX_PER_SIDE).map((wire) => ({ ...probeOf(place, wire), fromVersion: old.version }));
}
