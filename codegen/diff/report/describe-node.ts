import type { IrCheck, IrNode } from "../../../src/schema/ir.js";

/** A node in a few words, for messages: `string (max 5)`, `"a" | "b"`, `object`. */
export function describeNode(node: IrNode | undefined): string {
  if (node === undefined) return "nothing";
  const checks = (node.checks ?? []).map(describeCheck).join(", ");
  const text = describeKind(node);
  return checks === "" ? text : `${text} (${checks})`;
}

const MAX_VALUES = 6;

function describeKind(node: IrNode): string {
  switch (node.kind) {
    case "literal":
    case "enum":
      return listText(node.values.map((value) => JSON.stringify(value)));
    case "array":
      return `list of ${describeNode(node.element)}`;
    case "record":
      return `record of ${describeNode(node.values)}`;
    case "union":
      return listText(node.options.map(describeNode));
    case "optional":
      return `optional ${describeNode(node.inner)}`;
    case "nullable":
      return `${describeNode(node.inner)} or null`;
    case "readonly":
    case "refined":
    case "nonoptional":
    case "catch":
      return describeNode(node.inner);
    case "default":
    case "prefault":
      return `${describeNode(node.inner)} with a default`;
    case "pipe":
    case "codec":
      return describeNode(node.in);
    case "opaque":
      return `code (${node.what})`;
    case "ref":
      return "recursive type";
    default:
      return node.kind;
  }
}

function listText(items: readonly string[]): string {
  const shown = items.slice(0, MAX_VALUES);
  return [...shown, ...(items.length > shown.length ? ["…"] : [])].join(" | ");
}

/** A check in a few words. */
export function describeCheck(check: IrCheck): string {
  switch (check.check) {
    case "format":
      return check.format === "regex" && check.pattern !== undefined
        ? `/${check.pattern}/${check.flags ?? ""}`
        : check.format;
    case "min_length":
      return `at least ${check.value} long`;
    case "max_length":
      return `at most ${check.value} long`;
    case "length":
      return `${check.value} long`;
    case "min":
      return `${check.exclusive === true ? "above" : "at least"} ${check.value}`;
    case "max":
      return `${check.exclusive === true ? "below" : "at most"} ${check.value}`;
    case "multiple_of":
      return `multiple of ${check.value}`;
    case "includes":
      return `includes ${JSON.stringify(check.text)}`;
    case "starts_with":
      return `starts with ${JSON.stringify(check.text)}`;
    case "ends_with":
      return `ends with ${JSON.stringify(check.text)}`;
    case "number_format":
      return check.format === "safeint" ? "integer" : check.format;
    case "opaque":
      return "code";
    default:
      return check.check.replaceAll("_", " ");
  }
}
