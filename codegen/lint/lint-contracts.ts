/** Says what compiles and validates today, and makes the next change of a contract harder than it need be. */

import { childNodes, type IrNode, type IrSchema } from "../../src/schema/ir.js";
import { errorFinding, type Finding, type FindingCode } from "../finding.js";
import type { ProjectContract } from "../load/load-project.js";
import { SourceIndex } from "../source/source-index.js";
import type { LintOptions, LintRule } from "./lint-options.js";

interface Rule {
  readonly code: FindingCode;
  readonly severity: "error" | "warning";
  readonly matches: (node: IrNode) => boolean;
  readonly message: (place: string) => string;
  readonly hint: string;
}

/** All rules, by name. */
export const LINT_RULES: Readonly<Record<LintRule, Rule>> = {
  "strict-object": {
    code: "LINT_STRICT_OBJECT",
    severity: "error",
    matches: (node) => node.kind === "object" && node.mode === "strict",
    message: (place) =>
      `${place} is a strict object on the wire: a producer that was deployed earlier with one more key is refused.`,
    hint: "Write z.object(), which drops unknown keys before they travel, and run taskora check again.",
  },
  catch: {
    code: "LINT_CATCH",
    severity: "error",
    matches: (node) => node.kind === "catch",
    message: (place) =>
      `${place} has z.catch(), so a wrong value is replaced without a word, and no change of it can be seen to break.`,
    hint: "Write z.default() for a value that may be absent, or let wrong values be refused; then run taskora check again.",
  },
  "loose-object": {
    code: "LINT_LOOSE_OBJECT",
    severity: "warning",
    matches: (node) => node.kind === "object" && node.mode === "loose",
    message: (place) =>
      `${place} is a loose object: keys that nobody declared travel, so declaring one of them later breaks queued jobs.`,
    hint: "Write z.object(), or keep free data in one key of its own with z.record(); then run taskora check again.",
  },
  coerce: {
    code: "LINT_COERCE",
    severity: "warning",
    matches: (node) => "coerce" in node && node.coerce === true,
    message: (place) =>
      `${place} is coerced: null, "" and lists turn into a value without a word, and its type says unknown to producers.`,
    hint: "Write z.number(), z.string() or z.boolean() and convert where the job is dispatched; then run taskora check again.",
  },
  any: {
    code: "LINT_ANY",
    severity: "warning",
    matches: (node) => node.kind === "any" || node.kind === "unknown",
    message: (place) =>
      `${place} may be anything, so no validator looks at it and no change of what is sent can be seen to break.`,
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
  return (["input", "output"] as const).flatMap((side) => {
    const schema = contract.data[side];
    return schema === undefined
      ? []
      : violations(schema, linter.options).map((found) => toFinding(contract, side, { ...found, linter }));
  });
}

interface Violation {
  readonly rule: LintRule;
  readonly path: readonly string[];
}

function violations(schema: IrSchema, options: LintOptions): Violation[] {
  const found: Violation[] = [];
  const seen = new Set<string>();
  const rules = (Object.keys(LINT_RULES) as LintRule[]).filter((rule) => options[rule] !== "off");
  const visit = (node: IrNode, path: readonly string[]): void => {
    for (const rule of rules) if (LINT_RULES[rule].matches(node)) found.push({ rule, path });
    if (node.kind === "ref") {
      const target = schema.definitions[node.name];
      if (target === undefined || seen.has(node.name)) return;
      seen.add(node.name);
      visit(target, path);
      return;
    }
    if (node.kind === "object") {
      for (const property of node.properties) visit(property.node, [...path, property.key]);
      if (node.catchall !== undefined) visit(node.catchall, path);
      return;
    }
    // What stands behind a conversion never travels.
    const children = node.kind === "pipe" || node.kind === "codec" ? [node.in] : childNodes(node);
    for (const child of children) visit(child, path);
  };
  visit(schema.root, []);
  return found;
}

function toFinding(
  contract: ProjectContract,
  side: "input" | "output",
  found: Violation & { readonly linter: Linter },
): Finding {
  const { linter, path } = found;
  const rule = LINT_RULES[found.rule];
  const { name } = contract.data;
  const call = linter.sources.callAt(contract.definedAt);
  const finding = errorFinding(rule.code, {
    task: name,
    message: rule.message(`${name}: ${[side, ...path].join(".")}`),
    hint: `${rule.hint} If it is meant, set lint: { "${found.rule}": "off" } in the config.`,
    at: call === undefined ? contract.definedAt : linter.sources.locate(call, [side, ...path]),
  });
  const wanted = linter.options[found.rule] ?? rule.severity;
  return { ...finding, severity: wanted === "warning" ? "warning" : "error" };
}
