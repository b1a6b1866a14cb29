import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { DIRECTIONS, type Direction, pathText } from "../../../codegen/diff/change.js";
import { compareSchemas, type SchemaFinding } from "../../../codegen/diff/judge/settle.js";
import type { Proof } from "../../../codegen/diff/judge/trial.js";
import { samplePayloads } from "../../../codegen/diff/sample/sample.js";
import { irOf } from "../from-zod-support.js";
import { compareLive, overall } from "./compare-live.js";

const leaf: fc.Arbitrary<z.ZodType> = fc.constantFrom<z.ZodType>(
  z.string(),
  z.string().min(2),
  z.string().max(4),
  z.email(),
  z.string().regex(/^[a-c]+$/),
  z.number(),
  z.int(),
  z.number().min(0).max(10),
  z.boolean(),
  z.null(),
  z.unknown(),
  z.enum(["a", "b"]),
  z.enum(["a", "b", "c"]),
  z.literal("a"),
  z.string().default("a"),
  z.string().optional(),
  z.string().nullable(),
);

const { schema: anySchema } = fc.letrec<{ schema: z.ZodType }>((tie) => {
  const inner = tie("schema");
  const shape = fc.dictionary(fc.constantFrom("a", "b", "k"), inner, { maxKeys: 3 });
  const tagged = (tag: string) => shape.map((rest) => z.object({ ...rest, kind: z.literal(tag) }));
  const required = inner.map((item) => (item.isOptional() ? z.string() : item));
  return {
    schema: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      shape.map((fields) => z.object(fields)),
      shape.map((fields) => z.strictObject(fields)),
      shape.map((fields) => z.looseObject(fields)),
      required.map((item) => z.array(item).max(2)),
      required.map((item) => z.record(z.string(), item)),
      fc.tuple(required, required).map(([first, second]) => z.tuple([first, second])),
      fc.tuple(required, required).map(([first, second]) => z.union([first, second])),
      fc.tuple(tagged("x"), tagged("y")).map((options) => z.discriminatedUnion("kind", options)),
    ),
  };
});

/** Leaves as people write them: other spellings, patterns with flags, and code that accepts little of what is sampled. */
const wildLeaf: fc.Arbitrary<z.ZodType> = fc.constantFrom<z.ZodType>(
  z.int().positive(),
  z.int().min(1),
  z.int().min(2).multipleOf(2),
  z.number().lt(10).gte(1),
  z.number().multipleOf(0.5),
  z.string().regex(/^[a-c]+$/i),
  z.string().regex(/^[a-c]{2}$/),
  z.string().trim().min(2),
  z.string().length(3),
  z.enum(["a", "b", "abc", "bab"]),
  z.union([z.literal("a"), z.null()]),
  z.union([z.object({ a: z.string() }), z.object({ a: z.string(), b: z.number() })]),
  z.union([z.object({ a: z.string(), b: z.number() }), z.object({ a: z.string() })]),
  z.string().refine((text) => text.length % 2 === 1),
  z.string().refine((text) => text === "bab"),
  z.number().refine((value) => value > 4),
  z.enum(["a", "b"]).refine((value) => value !== "a"),
  z.custom<string>((value) => value === "abc"),
);

/** Values with the keys and leaves that the schemas here are about. */
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("a", "b", "abc", "bab", "A", "ab", " ab ", "", "abcde", "x@y.org", "text"),
    fc.constantFrom(0, 1, 2, 3, 4.5, 5, 10, 11, -1, 0.5, 1e20),
    fc.constantFrom(true, false, null),
    fc.dictionary(fc.constantFrom("a", "b", "k", "kind"), tie("value"), { maxKeys: 4 }),
    fc
      .dictionary(fc.constantFrom("a", "b", "k"), tie("value"), { maxKeys: 3 })
      .map((rest) => ({ ...rest, kind: "x" })),
    fc.array(tie("value"), { maxLength: 3 }),
  ),
}));

type Pair = readonly [old: z.ZodType, next: z.ZodType];
type Shape = Readonly<Record<string, z.ZodType>>;

/** Two schemas that differ in a few places, as a change of a contract does. */
const { pair: anyPair } = pairsOf(leaf);
const { pair: wildPair } = pairsOf(fc.oneof(leaf, wildLeaf));

function pairsOf(leaf: fc.Arbitrary<z.ZodType>) {
  return fc.letrec<{ pair: Pair }>((tie) => pairArbitraries(leaf, tie("pair")));
}

function pairArbitraries(
  leaf: fc.Arbitrary<z.ZodType>,
  inner: fc.Arbitrary<Pair>,
): { pair: fc.Arbitrary<Pair> } {
  const same = leaf.map((schema): Pair => [schema, schema]);
  const other = fc.tuple(leaf, leaf);
  const element = inner.map(
    ([old, next]): Pair => [old.isOptional() ? z.string() : old, next.isOptional() ? z.string() : next],
  );
  const field = fc.tuple(inner, fc.constantFrom("both", "both", "both", "old", "new", "optional"));
  const shapes = fc
    .dictionary(fc.constantFrom("a", "b", "k"), field, { maxKeys: 3 })
    .map((fields): readonly [Shape, Shape] => [sideOf(fields, "old"), sideOf(fields, "new")]);
  const makers = [z.object, z.object, z.strictObject, z.looseObject] as const;
  const maker = fc.constantFrom(...makers);
  const objects = fc
    .tuple(shapes, maker, fc.option(maker))
    .map(([[old, next], make, another]): Pair => [make({ ...old }), (another ?? make)({ ...next })]);
  const tagged = fc
    .tuple(shapes, shapes)
    .map(([[a, b], [c, d]]): Pair => [variants([a, c]), variants([b, d])]);
  return {
    pair: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      { arbitrary: same, weight: 4 },
      { arbitrary: other, weight: 2 },
      { arbitrary: objects, weight: 4 },
      { arbitrary: tagged, weight: 1 },
      { arbitrary: element.map(([old, next]): Pair => [z.array(old), z.array(next)]), weight: 1 },
      {
        arbitrary: element.map(([old, next]): Pair => [z.array(old).min(1), z.array(next).max(3)]),
        weight: 1,
      },
      {
        arbitrary: element.map(
          ([old, next]): Pair => [z.record(z.string(), old), z.record(z.string(), next)],
        ),
        weight: 1,
      },
      {
        arbitrary: fc
          .tuple(element, element)
          .map(([a, b]): Pair => [z.union([a[0], b[0]]), z.union([b[1], a[1]])]),
        weight: 1,
      },
      {
        arbitrary: fc
          .tuple(element, element)
          .map(([a, b]): Pair => [z.tuple([a[0], b[0]]), z.tuple([a[1], b[1]])]),
        weight: 1,
      },
      { arbitrary: inner.map(([old, next]): Pair => [old.nullable(), next]), weight: 1 },
    ),
  };
}

function sideOf(fields: Readonly<Record<string, readonly [Pair, string]>>, side: "old" | "new"): Shape {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, [pair, presence]]) => {
      if (presence !== side && (presence === "old" || presence === "new")) return [];
      const schema = pair[side === "old" ? 0 : 1];
      return [[key, presence === "optional" && side === "new" ? schema.optional() : schema]];
    }),
  );
}

function variants([x, y]: readonly [Shape, Shape]): z.ZodType {
  return z.discriminatedUnion("kind", [
    z.object({ ...x, kind: z.literal("x") }),
    z.object({ ...y, kind: z.literal("y") }),
  ]);
}

/** A payload that zod takes on one side and refuses on the other, among samples of both and random values. */
function findFailure(from: z.ZodType, to: z.ZodType, random: readonly unknown[]): unknown {
  const samples = samplePayloads({ from: irOf(from), to: irOf(to), fromSide: "old" });
  return [...samples, ...random].find((payload) => {
    const sent = from.safeParse(payload);
    return sent.success && !to.safeParse(JSON.parse(JSON.stringify(sent.data))).success;
  });
}

/** What the checker says of a pair, against what zod does. */
function contradictions(old: z.ZodType, next: z.ZodType, random: readonly unknown[]): readonly string[] {
  const findings = compareSchemas(irOf(old), irOf(next));
  return DIRECTIONS.flatMap((direction) => {
    const [from, to] = direction === "oldToNew" ? [old, next] : [next, old];
    const bugs = findings.filter((finding) => finding.verdicts[direction].isCheckerBug === true);
    const failure = findFailure(from, to, random);
    const missed = overall(findings, direction) === "ok" && failure !== undefined;
    return [
      ...bugs.map((bug) => `${direction}: ${bug.change.rule} is a bug of the checker`),
      ...(missed ? [`${direction}: ok, but ${JSON.stringify(failure)} fails`] : []),
      ...findings.flatMap((finding) => unprovedBreak(finding, direction, { from, to })),
    ];
  });
}

function unprovedBreak(
  finding: SchemaFinding,
  direction: Direction,
  { from, to }: { readonly from: z.ZodType; readonly to: z.ZodType },
): readonly string[] {
  const { verdict, proof } = finding.verdicts[direction];
  if (verdict !== "break") return [];
  const sent = from.safeParse(proof?.payload);
  const read = to.safeParse(proof?.wire);
  const isProved =
    proof?.reads === undefined
      ? sent.success && !read.success
      : sent.success && read.success && differs(from.parse(proof.wire), read.data);
  return isProved ? [] : [`${direction}: ${finding.change.rule} has no payload that fails`];
}

function differs(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}

const random = fc.array(fc.jsonValue(), { minLength: 10, maxLength: 10 });

/** Both sides take what the old one sends, and each makes something else of it. */
function becomesAnother(
  value: unknown,
  { old, next }: { readonly old: z.ZodType; readonly next: z.ZodType },
): boolean {
  const sent = old.safeParse(value);
  if (!sent.success) return false;
  const wire: unknown = JSON.parse(JSON.stringify(sent.data));
  const [before, after] = [old.safeParse(wire), next.safeParse(wire)];
  return before.success && after.success && differs(before.data, after.data);
}

/** The new side is there, so that what it is said to refuse it refuses; where it reads differently, it does not. */
function expectRefused(proof: Proof, next: z.ZodType): void {
  expect(next.safeParse(proof.wire).success).toBe(proof.reads !== undefined);
}

describe("the change checker on random pairs", () => {
  it("never says ok to what fails, and proves every break", () => {
    fc.assert(
      fc.property(anySchema, anySchema, random, (old, next, values) => {
        expect(contradictions(old, next, values)).toEqual([]);
      }),
      { seed: 20, numRuns: 500 },
    );
  }, 120_000);

  it("does so for schemas that differ in a few places", () => {
    fc.assert(
      fc.property(anyPair, random, ([old, next], values) => {
        expect(contradictions(old, next, values)).toEqual([]);
      }),
      { seed: 22, numRuns: 500 },
    );
  }, 120_000);

  it("never says ok where zod refuses a payload beside code, and is certain or has a payload where it says break", () => {
    fc.assert(
      fc.property(wildPair, fc.array(anyValue, { minLength: 40, maxLength: 40 }), ([old, next], values) => {
        const findings = compareLive(old, next);
        if (findings.length === 0)
          expect(values.find((value) => becomesAnother(value, { old, next }))).toBeUndefined();
        for (const direction of DIRECTIONS) {
          const [from, to] = direction === "oldToNew" ? [old, next] : [next, old];
          const failure = findFailure(from, to, values);
          const verdict = overall(findings, direction);
          if (verdict === "ok") expect(failure).toBeUndefined();
          for (const { change, verdicts } of findings) {
            const { verdict: found, proof } = verdicts[direction];
            if (found !== "break") continue;
            if (proof === undefined) expect(["break", "always"]).toContain(change.claims[direction]);
            else if (direction === "oldToNew") expectRefused(proof, next);
          }
        }
      }),
      { seed: 23, numRuns: 400 },
    );
  });

  it("finds no change between a schema and itself", () => {
    fc.assert(
      fc.property(anySchema, (schema) => {
        expect(compareSchemas(irOf(schema), irOf(schema))).toEqual([]);
      }),
      { seed: 21, numRuns: 200 },
    );
  });
});

describe("the work of the change checker", () => {
  it("is bounded for unions that double with each level", () => {
    const nest = (depth: number, end: z.ZodType): z.ZodType =>
      depth === 0
        ? end
        : z.object({ a: z.union([nest(depth - 1, end), z.object({ b: nest(depth - 1, end) })]) });
    const findings = compareSchemas(irOf(nest(7, z.string())), irOf(nest(7, z.number())));
    expect(findings.length).toBeGreaterThan(0);
  });

  it("is bounded for wide objects", () => {
    const wide = (type: z.ZodType) =>
      z.object(Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`field${index}`, type])));
    const findings = compareSchemas(irOf(wide(z.string())), irOf(wide(z.number())));
    expect(findings).toHaveLength(200);
  });

  it("proves a thousand changes of one contract with few payloads, each at its own place", () => {
    const wide = (type: z.ZodType) =>
      z.object(Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`field${index}`, type])));
    const findings = compareSchemas(irOf(wide(z.string().max(200))), irOf(wide(z.string().max(100))));
    const proofs = findings.flatMap(({ change, verdicts: { oldToNew } }) =>
      oldToNew.proof === undefined ? [] : [{ change, proof: oldToNew.proof }],
    );
    expect(proofs).toHaveLength(1000);
    expect(new Set(proofs.map(({ proof }) => proof.payload)).size).toBeLessThan(100);
    for (const { change, proof } of proofs) {
      expect(pathText("", change.path)).toBe(`.${proof.issues[0]?.path.join(".")}`);
    }
  });
});
