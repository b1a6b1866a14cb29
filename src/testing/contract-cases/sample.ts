import type { JsonSchema } from "./json-schema.js";

/** A value for one place, and what is special about it: `at its longest (200)`. */
export interface Sample {
  /** Where in the payload; empty: the payload itself. */
  readonly path: readonly (string | number)[];
  readonly what: string;
  readonly value: unknown;
}

/** What can be tried at a place. Whether a value is accepted is seen when the whole payload is tried. */
export interface Samples {
  /** Values that should be accepted, the most ordinary first. */
  readonly ordinary: readonly unknown[];
  /** Values that should just be accepted. */
  readonly edges: readonly Sample[];
  /** Values that should be refused. */
  readonly wrong: readonly Sample[];
}

/** Samples of a place that has no places inside. */
export function leaf(
  ordinary: readonly unknown[],
  edges: readonly (readonly [what: string, value: unknown])[],
  wrong: readonly (readonly [what: string, value: unknown])[],
): Samples {
  const toSample = ([what, value]: readonly [string, unknown]): Sample => ({ path: [], what, value });
  return { ordinary, edges: edges.map(toSample), wrong: wrong.map(toSample) };
}

/** The values a schema names itself, to be preferred. */
export function namedValues(node: JsonSchema): readonly unknown[] {
  return [...(node.examples ?? []), ...("default" in node ? [node.default] : [])];
}
