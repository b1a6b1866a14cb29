import { describe, expect, it } from "vitest";
import * as z from "zod";
import { irOf } from "../from-zod-support.js";
import { judgedSchemas } from "./judged.js";

const s = z.string();
const n = z.number();
const letters = ["a", "b", "c", "d", "e", "f"] as const;

/** What a report says of a field, and whether queued jobs and a rolling deploy break. */
const CHANGES: readonly (readonly [old: z.ZodType, next: z.ZodType, ...lines: string[]])[] = [
  [n, n.min(3), "BOUND_TIGHTENED no minimum → min 3: break ok"],
  [n.min(3), n, "BOUND_LOOSENED min 3 → no minimum: ok break"],
  [n.gt(3), n.min(3), "BOUND_LOOSENED min 3 (exclusive) → min 3: ok break"],
  [n.max(5), n.lt(5), "BOUND_TIGHTENED max 5 → max 5 (exclusive): break ok"],
  [n.max(5), n, "BOUND_LOOSENED max 5 → no maximum: ok break"],
  [
    n.min(1).max(5),
    n.min(2).max(6),
    "BOUND_TIGHTENED min 1 → min 2: break ok",
    "BOUND_LOOSENED max 5 → max 6: ok break",
  ],
  [s, s.max(3), "BOUND_TIGHTENED no maximum → max 3: break ok"],
  [
    s.length(3),
    s.length(4),
    "BOUND_TIGHTENED min 3 → min 4: break ok",
    "BOUND_LOOSENED max 3 → max 4: ok break",
  ],
  [z.array(s), z.array(s).max(2), "BOUND_TIGHTENED no maximum → max 2: break ok"],
  [n.multipleOf(2), n.multipleOf(4), "BOUND_TIGHTENED multiple of 2 → multiple of 4: break ok"],
  [n.multipleOf(4), n.multipleOf(2), "BOUND_LOOSENED multiple of 4 → multiple of 2: ok break"],
  [n.multipleOf(2), n.multipleOf(3), "PATTERN_CHANGED multiple of 2 → multiple of 3: break break"],
  [n.multipleOf(2), n, "BOUND_LOOSENED multiple of 2 → any: ok break"],
  [n, n.int(), "FORMAT_ADDED any → integer: break ok"],
  [n.int(), n, "FORMAT_REMOVED integer → any: ok break"],
  [s, n, "TYPE_CHANGED string → number: break break"],
  [
    s.max(5),
    z.array(s.min(1)),
    "TYPE_CHANGED string (at most 5 long) → list of string (at least 1 long): break break",
  ],
  [
    s.includes("a").startsWith("b").endsWith("c"),
    z.boolean(),
    'TYPE_CHANGED string (includes "a", starts with "b", ends with "c") → boolean: break break',
  ],
  [
    n.gt(1).lte(4).multipleOf(2),
    z.boolean(),
    "TYPE_CHANGED number (above 1, at most 4, multiple of 2) → boolean: break break",
  ],
  [
    n.gte(1).lt(4),
    z.record(s, n),
    "TYPE_CHANGED number (at least 1, below 4) → record of number: break break",
  ],
  [s.trim().length(2), z.boolean(), "TYPE_CHANGED string (trim, 2 long) → boolean: break break"],
  [s.regex(/^a$/i), z.object({}), "TYPE_CHANGED string (/^a$/i) → object: break break"],
  [z.int(), z.boolean(), "TYPE_CHANGED number (integer) → boolean: break break"],
  [z.int32(), z.boolean(), "TYPE_CHANGED number (int32) → boolean: break break"],
  [z.enum(letters), n, `TYPE_CHANGED "a" | "b" | "c" | "d" | "e" | "f" → number: break break`],
  [z.enum([...letters, "g"]), n, `TYPE_CHANGED "a" | "b" | "c" | "d" | "e" | "f" | … → number: break break`],
  [
    z.union([s, n]),
    z.array(n.nullable()),
    "UNION_VARIANT_REMOVED without string: break ok",
    "UNION_VARIANT_REMOVED without number: break ok",
    "UNION_VARIANT_ADDED with list of number or null: ok break",
  ],
  [z.union([s, n]), s, "UNION_VARIANT_REMOVED without number: break ok"],
  [s, z.union([s, n]), "UNION_VARIANT_ADDED with number: ok break"],
  [
    s.default("a").readonly(),
    n.optional(),
    "DEFAULT_TO_OPTIONAL defaulted → optional: ok ok",
    "TYPE_CHANGED string → number: break break",
  ],
  [z.never(), s, "TYPE_WIDENED never → string: ok break"],
  [s, z.never(), "TYPE_NARROWED string → never: break ok"],
];

describe("what a report says of a field", () => {
  const cases = CHANGES.map(([old, next, ...lines]) => ({ old, next, lines, name: lines.join(" and ") }));

  it.each(cases)("$name", ({ old, next, lines }) => {
    const [before, after] = [old, next].map((k) => ({ input: irOf(z.object({ k })) }));
    const report = judgedSchemas(before ?? {}, after ?? {});
    const findings = report.tasks.flatMap((task) => task.findings.filter(({ path }) => path === "input.k"));
    const said = findings.map(({ rule, note, edges }) => {
      return `${rule} ${note}: ${edges.queuedJobs?.verdict} ${edges.rollingDeploy?.verdict}`;
    });
    expect(said).toEqual(lines);
  });
});
