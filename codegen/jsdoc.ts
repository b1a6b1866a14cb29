import type { IrCheck, IrMeta, IrNode, JsonValue } from "../src/schema/ir.js";

/** A doc comment with one line per entry, or nothing for no lines. An end of comment inside the text is defused. */
export function jsdoc(lines: readonly string[], indent = ""): string {
  const safe = lines
    .flatMap((line) => line.split(/\r?\n/))
    .map((line) => line.replaceAll("*/", "*\\/").trimEnd());
  const [only] = safe;
  if (only === undefined) return "";
  if (safe.length === 1) return `${indent}/** ${only} */\n`;
  const body = safe.map((line) => `${indent} *${line === "" ? "" : ` ${line}`}\n`).join("");
  return `${indent}/**\n${body}${indent} */\n`;
}

/** What a reader should know about a value: its description, format, bounds, default and deprecation. */
export function docLines(node: IrNode): readonly string[] {
  const layers = layersOf(node);
  const metas = layers.flatMap((layer) => (layer.meta === undefined ? [] : [layer.meta]));
  const bounds = sentence(describeChecks(layers.flatMap((layer) => layer.checks ?? [])));
  const text = [...first(metas, (meta) => meta.description ?? meta.title), ...bounds];
  const tags = [...defaultTag(layers), ...deprecatedTag(metas), ...exampleTags(metas)];
  return [...text, ...(text.length > 0 && tags.length > 0 ? [""] : []), ...tags];
}

/** The node and what it wraps, as long as that is about the same value. */
function layersOf(node: IrNode): readonly IrNode[] {
  switch (node.kind) {
    case "optional":
    case "nullable":
    case "nonoptional":
    case "readonly":
    case "refined":
    case "default":
    case "prefault":
    case "catch":
      return [node, ...layersOf(node.inner)];
    case "pipe":
    case "codec":
      return [node, ...layersOf(node.in)];
    default:
      return [node];
  }
}

function first(metas: readonly IrMeta[], pick: (meta: IrMeta) => string | undefined): readonly string[] {
  for (const meta of metas) {
    const text = pick(meta);
    if (text !== undefined && text !== "") return [text];
  }
  return [];
}

function defaultTag(layers: readonly IrNode[]): readonly string[] {
  for (const layer of layers) {
    if (layer.kind !== "default" && layer.kind !== "prefault") continue;
    return layer.value === undefined
      ? ["@default computed by the worker"]
      : [`@default ${json(layer.value)}`];
  }
  return [];
}

function deprecatedTag(metas: readonly IrMeta[]): readonly string[] {
  const { deprecated } = metas.find((meta) => meta.deprecated !== undefined) ?? {};
  if (deprecated === undefined || deprecated === false) return [];
  return [deprecated === true ? "@deprecated" : `@deprecated ${deprecated}`];
}

function exampleTags(metas: readonly IrMeta[]): readonly string[] {
  const examples = metas.find((meta) => meta.examples !== undefined)?.examples ?? [];
  return examples.map((example) => `@example ${json(example)}`);
}

function json(value: JsonValue): string {
  return JSON.stringify(value);
}

function sentence(parts: readonly string[]): readonly string[] {
  if (parts.length === 0) return [];
  const text = parts.join(", ");
  return [`${text.charAt(0).toUpperCase()}${text.slice(1)}.`];
}

/** Two ends of one range read better together. */
function describeChecks(checks: readonly IrCheck[]): readonly string[] {
  const texts = checks.flatMap(describeCheck);
  return texts.flatMap((text, index) => {
    const range = joinRange(texts[index - 1], text);
    if (range !== undefined) return [range];
    return joinRange(text, texts[index + 1]) === undefined ? [text] : [];
  });
}

function joinRange(low: string | undefined, high: string | undefined): string | undefined {
  const least = /^(length )?at least (\S+)$/.exec(low ?? "");
  const most = /^(length )?at most (\S+)$/.exec(high ?? "");
  if (least === null || most === null || least[1] !== most[1]) return undefined;
  return `${least[1] ?? ""}${least[2]} to ${most[2]}`;
}

function describeCheck(check: IrCheck): readonly string[] {
  switch (check.check) {
    case "format":
      return [
        check.format === "regex"
          ? `matches /${check.pattern}/${check.flags ?? ""}`
          : `format ${check.format}`,
      ];
    case "min_length":
      return [`length at least ${check.value}`];
    case "max_length":
      return [`length at most ${check.value}`];
    case "length":
      return [`length exactly ${check.value}`];
    case "min":
      return [`${check.exclusive === true ? "above" : "at least"} ${check.value}`];
    case "max":
      return [`${check.exclusive === true ? "below" : "at most"} ${check.value}`];
    case "multiple_of":
      return [`multiple of ${check.value}`];
    case "number_format":
      return [check.format === "safeint" ? "integer" : check.format];
    case "includes":
      return [`contains ${json(check.text)}`];
    case "starts_with":
      return [`starts with ${json(check.text)}`];
    case "ends_with":
      return [`ends with ${json(check.text)}`];
    default:
      return [];
  }
}
