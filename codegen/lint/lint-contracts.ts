/** Says what compiles and validates today, and makes the next change of a contract harder than it need be. */

import { childNodes, type IrNode, type IrSchema } from "../../src/schema/ir.js";
import type { SchemaSide } from "../../src/schema/wire-types.js";
import { errorFinding, type Finding, type FindingCode } from "../finding.js";
import type { ProjectContract } from "../load/load-project.js";
import { placeInSchema, type SchemaPart } from "../source/place-in-schema.js";
import { SourceIndex } from "../source/source-index.js";
import type { LintOptions, LintRule } from "./lint-options.js";

interface Rule {
  readonly code: FindingCode;
  readonly severity: "error" | "warning";
  readonly matches: (node: IrNode) => boolean;
  readonly message: string;
  readonly hint: string;
}

/** All rules, by name. */
export const LINT_RULES: Readonly<Record<LintRule, Rule>> = {
  "strict-object": {
    code: "LINT_STRICT_OBJECT",
    severity: "error",
    matches: (node) => node.kind === "object" && node.mode === "strict",
    message:
      "A strict object is on the wire: a producer that was deployed earlier with one more key is refused.",
    hint: "Write z.object(), which drops unknown keys before they travel, and run taskora check again.",
  },
  catch: {
    code: "LINT_CATCH",
    severity: "error",
    matches: (node) => node.kind === "catch",
    message:
      "z.catch() is on the wire, so a wrong value is replaced without a word, and no change of it can be seen to break.",
    hint: "Write z.default() for a value that may be absent, or let wrong values be refused; then run taskora check again.",
  },
  "loose-object": {
    code: "LINT_LOOSE_OBJECT",
    severity: "warning",
    matches: (node) => node.kind === "object" && node.mode === "loose",
    message:
      "A loose object is on the wire: keys that nobody declared travel, so declaring one of them later breaks queued jobs.",
    hint: "Write z.object(), or keep free data in one key of its own with z.record(); then run taskora check again.",
  },
  coerce: {
    code: "LINT_COERCE",
    severity: "warning",
    matches: (node) => "coerce" in node && node.coerce === true,
    message:
      'The value is coerced: null, "" and lists turn into a value without a word, and its type says unknown to producers.',
    hint: "Write z.number(), z.string() or z.boolean() and convert where the job is dispatched; then run taskora check again.",
  },
  any: {
    code: "LINT_ANY",
    severity: "warning",
    matches: (node) => node.kind === "any" || node.kind === "unknown",
    message:
      "The value may be anything, so no validator looks at it and no change of what is sent can be seen to break.",
    hint: "Declare what is sent, or z.json() for data that is only passed on; then run taskora check again.",
  },
};

/** Looks through the schemas of all contracts. Contracts marked unstable are left alone. */
export function lintContracts(contracts: readonly ProjectContract[], options: LintOptions): Finding[] {
  const sources = new SourceIndex();
  return contracts
    .filter((contract) => contract.data.unstable !== true)
    .flatMap((contract) => lintContract(contract, { options, sources }));
}

interface Linter {
  readonly options: LintOptions;
  readonly sources: SourceIndex;
}

function lintContract(contract: ProjectContract, linter: Linter): Finding[] {
  return (["input", "output", "emits"] as const).flatMap((side) => {
    const schema = contract.data[side];
    return schema === undefined
      ? []
      : violations(schema, linter.options).map((found) => toFinding(contract, side, { ...found, linter }));
  });
}

interface Violation {
  readonly rule: LintRule;
  readonly path: SchemaPart["path"];
}

function violations(schema: IrSchema, options: LintOptions): Violation[] {
  const found = new Map<string, Violation>();
  const seen = new Set<string>();
  const rules = (Object.keys(LINT_RULES) as LintRule[]).filter((rule) => options[rule] !== "off");
  const visit = (node: IrNode, path: SchemaPart["path"]): void => {
    // Options of a union share a place.
    for (const rule of rules) {
      if (LINT_RULES[rule].matches(node)) found.set(JSON.stringify([rule, path]), { rule, path });
    }
    if (node.kind === "ref") {
      const target = schema.definitions[node.name];
      if (target === undefined || seen.has(node.name)) return;
      seen.add(node.name);
      visit(target, path);
      return;
    }
    for (const [child, ...steps] of travelling(node)) visit(child, [...path, ...steps]);
  };
  visit(schema.root, []);
  return [...found.values()];
}

/** The parts of a node that are on the wire, each with the step to it; what stands behind a conversion never travels. */
function travelling(node: IrNode): readonly (readonly [IrNode, ...SchemaPart["path"]])[] {
  const rest = (part: IrNode | undefined, step: string) =>
    part === undefined ? [] : [[part, step] as const];
  switch (node.kind) {
    case "object":
      return [
        ...node.properties.map((property) => [property.node, property.key] as const),
        ...rest(node.catchall, "{}"),
      ];
    case "array":
      return [[node.element, "[]"]];
    case "tuple":
      return [...node.items.map((item, index) => [item.node, index] as const), ...rest(node.rest, "[]")];
    case "record":
      return [[node.keys], [node.values, "{}"]];
    case "pipe":
    case "codec":
      return [[node.in]];
    default:
      return childNodes(node).map((child) => [child] as const);
  }
}

function toFinding(
  contract: ProjectContract,
  side: SchemaSide,
  found: Violation & { readonly linter: Linter },
): Finding {
  const { linter, path } = found;
  const rule = LINT_RULES[found.rule];
  const finding = errorFinding(rule.code, {
    task: contract.data.name,
    message: rule.message,
    hint: `${rule.hint} If it is meant, set lint: { "${found.rule}": "off" } in the config.`,
    ...placeInSchema({ side, path }, { definedAt: contract.definedAt, sources: linter.sources }),
  });
  const wanted = linter.options[found.rule] ?? rule.severity;
  return { ...finding, severity: wanted === "warning" ? "warning" : "error" };
}
