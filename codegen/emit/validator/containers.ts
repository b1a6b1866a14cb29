import type {
  IrArray,
  IrCheck,
  IrNode,
  IrObject,
  IrProperty,
  IrRecord,
  IrUnion,
} from "../../../src/schema/ir.js";
import { oneOfText } from "../../../src/schema/ir-run.js";
import { isConversion } from "../../../src/schema/ir-unions.js";
import { isLeftToWorker, refusesUndefined } from "./presence.js";
import { issue, literal, type Place, type Printed, type Printer, pathText, wrongType } from "./printer.js";

/** Whether a value is no record; the name is repeated, which is faster than a call. */
function notObject(value: string): string {
  return `typeof ${value} !== "object" || ${value} === null || Array.isArray(${value})`;
}

function member(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${literal(key)}]`;
}

export function printObject(node: IrObject, place: Place, printer: Printer): Printed {
  const out = printer.name("o");
  const properties = node.properties.filter((property) => property.key !== "__proto__");
  const inner = properties.map((property) => printProperty(property, { place, out }, printer)).join("");
  const code = [
    `let ${out}: any;\n`,
    `if (${notObject(place.value)}) ${wrongType(place, "object")}`,
    `else {\n${out} = {};\n${inner}${printUnknownKeys(node, { place, out }, printer)}}\n`,
  ];
  return { code: code.join(""), out };
}

interface Holder {
  readonly place: Place;
  readonly out: string;
}

function printProperty(property: IrProperty, { place, out }: Holder, printer: Printer): string {
  const value = printer.name("v");
  const target = `${out}${member(property.key)}`;
  const at: Place = { value, path: [literal(property.key), ...place.path], issues: place.issues };
  const given = `const ${value} = ${place.value}${member(property.key)};\n`;
  const { node } = property;
  const isThere = `${literal(property.key)} in ${place.value}`;
  if (property.in === undefined && refusesUndefined(node)) {
    const { code, out: made } = printer.print(node, at, printer);
    return `${given}${code}${target} = ${made};\n`;
  }
  if (node.kind === "optional" && property.in === "optional" && property.out === "optional") {
    if (node.exact === true && refusesUndefined(node.inner)) {
      const { code, out: made } = printer.print(node.inner, at, printer);
      return `if (${isThere}) {\n${given}${code}${target} = ${made};\n}\n`;
    }
    if (node.exact !== true && node.innerIn === undefined && node.checks === undefined) {
      const { code, out: made } = printer.print(node.inner, at, printer);
      const absent = printer.mode === "output" ? `else if (${isThere}) ${target} = undefined;\n` : "";
      return `${given}if (${value} !== undefined) {\n${code}${target} = ${made};\n}\n${absent}`;
    }
  }
  if (node.kind === "default" && !isLeftToWorker(node, printer.mode)) {
    const { code, out: made } = printer.print(node, at, printer);
    return `${given}${code}${target} = ${made};\n`;
  }
  return printSettled(property, { at, given, target, isThere }, printer);
}

/** What zod does with a property in general: absent, `undefined`, or refused. */
function printSettled(
  property: IrProperty,
  parts: { readonly at: Place; readonly given: string; readonly target: string; readonly isThere: string },
  printer: Printer,
): string {
  const { at, given, target, isThere } = parts;
  const start = printer.name("n");
  const { code, out } = printer.print(property.node, at, printer);
  const list = at.issues;
  const mayVanish = property.in !== undefined && property.out === "optional";
  const vanishes =
    property.in === "optional" ? `!(${isThere})` : `!(${isThere}) && ${list}.length > ${start}`;
  const lines = [given, `const ${start} = ${list}.length;\n`, code];
  if (mayVanish) lines.push(`if (${vanishes}) ${list}.length = ${start};\nelse `);
  lines.push(`if (${list}.length === ${start}) {\n`);
  if (property.in === undefined) {
    const lost =
      printer.mode === "wire"
        ? `if (${out} === undefined && ${isThere}) ${issue(at, "stop", { kind: "invalid_type", message: LOST })}else `
        : "";
    lines.push(
      `${lost}if (!(${isThere})) ${issue(at, "stop", { kind: "invalid_type", message: "is required" })}else `,
    );
  }
  lines.push(`if (${out} !== undefined || ${isThere}) ${target} = ${out};\n}\n`);
  return lines.join("");
}

const LOST = "is undefined, and JSON leaves such a key out";

function printUnknownKeys(node: IrObject, { place, out }: Holder, printer: Printer): string {
  if (node.mode === "strip") return "";
  const keys = node.properties.map((property) => literal(property.key));
  const known = printer.hoist(`new Set<unknown>([${keys.join(", ")}])`);
  const at = `{ issues: ${place.issues}, path: ${pathText(place)} }`;
  if (node.mode === "strict") return `check.onlyKeys(${place.value}, ${known}, ${at});\n`;
  const key = printer.name("k");
  const skip = `if (${known}.has(${key}) || ${key} === "__proto__") continue;\n`;
  const open = `for (const ${key} in ${place.value}) {\n${skip}`;
  if (node.mode === "loose" || node.catchall === undefined) {
    return node.mode === "loose" ? `${open}${out}[${key}] = ${place.value}[${key}];\n}\n` : "";
  }
  return `${open}${printEntry(node.catchall, { place, out, key }, printer)}}\n`;
}

function printEntry(node: IrNode, at: Holder & { readonly key: string }, printer: Printer): string {
  const value = printer.name("v");
  const inner: Place = { value, path: [at.key, ...at.place.path], issues: at.place.issues };
  const { code, out } = printer.print(node, inner, printer);
  return `const ${value} = ${at.place.value}[${at.key}];\n${code}${at.out}[${at.key}] = ${out};\n`;
}

export function printArray(node: IrArray, place: Place, printer: Printer): Printed {
  const out = printer.name("o");
  const index = printer.name("i");
  const value = printer.name("v");
  const list = place.issues;
  const checks = node.checks ?? [];
  const element = printer.print(node.element, { value, path: [index, ...place.path], issues: list }, printer);
  const later = printLengths(checks, place);
  const start = printer.name("n");
  const loop = [
    `${out} = new Array(${place.value}.length);\n`,
    `for (let ${index} = 0; ${index} < ${place.value}.length; ${index}++) {\n`,
    `const ${value} = ${place.value}[${index}];\n${element.code}${out}[${index}] = ${element.out};\n}\n`,
  ].join("");
  const body =
    later === ""
      ? loop
      : `const ${start} = ${list}.length;\n${loop}if (!check.isAborted(${list}, ${start})) {\n${later}}\n`;
  const code = [
    `let ${out}: any;\n`,
    `if (!Array.isArray(${place.value})) ${wrongType(place, "array")}`,
    ...leadingLimits(checks).map(
      ({ limit, message }) =>
        `else if (${place.value}.length > ${limit}) ${issue(place, "stop", { kind: "too_big", message })}`,
    ),
    `else {\n${body}}\n`,
  ];
  return { code: code.join(""), out };
}

type LengthCheck = IrCheck & { readonly check: "min_length" | "max_length" | "length" };

function isLength(check: IrCheck): check is LengthCheck {
  return check.check === "min_length" || check.check === "max_length" || check.check === "length";
}

/** Whether an array's checks are of a kind that is printed. */
export function hasOnlyLengths(node: IrArray): boolean {
  return (node.checks ?? []).every(isLength);
}

/** Upper bounds are looked at before any element. */
function leadingLimits(
  checks: readonly IrCheck[],
): readonly { readonly limit: number; readonly message: string }[] {
  return checks.filter(isLength).flatMap((check) => {
    if (check.check === "min_length") return [];
    const amount = check.check === "length" ? "exactly" : "at most";
    return [{ limit: check.value, message: check.message ?? `must be ${amount} ${check.value} long` }];
  });
}

function printLengths(checks: readonly IrCheck[], place: Place): string {
  const [check, ...rest] = checks.filter(isLength).filter((item) => item.check !== "max_length");
  if (check === undefined) return "";
  const size = `${place.value}.length`;
  const isMin = check.check === "min_length";
  const message = check.message ?? `must be ${isMin ? "at least" : "exactly"} ${check.value} long`;
  const kind = isMin ? "too_small" : { expression: `${size} > ${check.value} ? "too_big" : "too_small"` };
  const report = issue(place, check.abort === true ? "stop" : "flag", { kind, message });
  const later = printLengths(rest, place);
  const fails = `if (${size} ${isMin ? "<" : "!=="} ${check.value}) ${report}`;
  return check.abort === true && later !== "" ? `${fails}else {\n${later}}\n` : `${fails}${later}`;
}

/** A record whose keys may be any text; others are interpreted. */
export function printRecord(node: IrRecord, place: Place, printer: Printer): Printed | undefined {
  const { keys } = node;
  const isOpen = keys.kind === "string" && keys.checks === undefined && keys.coerce === undefined;
  if (!isOpen || node.known !== undefined || node.loose === true) return undefined;
  const out = printer.name("o");
  const key = printer.name("k");
  const value = printer.name("v");
  const inner = { value, path: [key, ...place.path], issues: place.issues };
  const entry = printer.print(node.values, inner, printer);
  const keep = printer.mode === "wire" ? `if (${entry.out} !== undefined) ` : "";
  const code = [
    `let ${out}: any;\n`,
    `if (!check.isPlainObject(${place.value})) ${wrongType(place, "object")}`,
    `else {\n${out} = {};\nfor (const ${key} of Object.keys(${place.value})) {\nif (${key} === "__proto__") continue;\n`,
    `const ${value}: any = ${place.value}[${key}];\n${entry.code}${keep}${out}[${key}] = ${entry.out};\n}\n}\n`,
  ];
  return { code: code.join(""), out };
}

export function printUnion(node: IrUnion, place: Place, printer: Printer): Printed | undefined {
  if (node.exclusive === true || node.discriminator?.fallback === true) return undefined;
  if (node.discriminator !== undefined) return printTagged(node, place, printer);
  const [only] = node.options;
  if (only !== undefined && node.options.length === 1) return printer.print(only, place, printer);
  const runs = node.options.map((option) => printer.run(option));
  const conversions = node.options.flatMap((option, index) => (isConversion(option) ? [index] : []));
  const union = printer.hoist(
    `check.anyOf([${runs.join(", ")}], ${literal(conversions)}, ${literal(printer.mode)})`,
  );
  return printCall(union, place, printer);
}

/** Calls a function with the signature of a run, and puts the path so far in front of its issues. */
export function printCall(run: string, place: Place, printer: Printer): Printed {
  const out = printer.name("o");
  const call = `const ${out}: any = ${run}(${place.value}, ${place.issues});\n`;
  if (place.path.length === 0) return { code: call, out };
  const start = printer.name("n");
  const list = place.issues;
  const after = `if (${list}.length > ${start}) check.under(${list}, ${start}, ${pathText(place)});\n`;
  return { code: `const ${start} = ${list}.length;\n${call}${after}`, out };
}

function printTagged(node: IrUnion, place: Place, printer: Printer): Printed {
  const { key = "", tags = [], absent } = node.discriminator ?? {};
  const out = printer.name("o");
  const cases = node.options.map((option, index) => {
    const labels = (tags[index] ?? []).map((tag) => `case ${literal(tag)}:\n`);
    if (absent === index) labels.push("case undefined:\n");
    // Two options that an absent key would select: neither is, and this one has no other tag.
    if (labels.length === 0) return "";
    const made = printer.print(option, place, printer);
    return `${labels.join("")}{\n${made.code}${out} = ${made.out};\nbreak;\n}\n`;
  });
  const unknown = issue({ ...place, path: [literal(key), ...place.path] }, "stop", {
    kind: "invalid_union",
    message: oneOfText([...tags.flat(), ...(absent === undefined ? [] : [undefined])]),
  });
  const code = [
    `let ${out}: any;\n`,
    `if (${notObject(place.value)}) ${wrongType(place, "object")}`,
    `else switch (${place.value}${member(key)}) {\n${cases.join("")}default:\n${unknown}}\n`,
  ];
  return { code: code.join(""), out };
}
