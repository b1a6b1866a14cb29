const WIDTH = 110;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/**
 * Writes plain data as a TypeScript literal: on one line where it fits, indented by two otherwise.
 * Properties that are undefined are left out.
 */
export function printLiteral(value: unknown, indent = ""): string {
  if (typeof value !== "object" || value === null) return printScalar(value);
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((item) => printLiteral(item, inner))
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => `${printKey(key)}: ${printLiteral(item, inner)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (parts.length === 0) return `${open}${close}`;
  const pad = open === "{" ? " " : "";
  const line = `${open}${pad}${parts.join(", ")}${pad}${close}`;
  if (line.length + indent.length <= WIDTH && !line.includes("\n")) return line;
  return `${open}\n${parts.map((part) => `${inner}${part},\n`).join("")}${indent}${close}`;
}

/** A key named `__proto__` would set the prototype unless it is computed. */
function printKey(key: string): string {
  if (key === "__proto__") return '["__proto__"]';
  return IDENTIFIER.test(key) ? key : JSON.stringify(key);
}

/** JSON cannot tell −0, but a default can be it. */
function printScalar(value: unknown): string {
  return Object.is(value, -0) ? "-0" : JSON.stringify(value);
}
