import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as layout from "../src/redis/codec/record-layout.js";
import { TASK_KEYS } from "../src/redis/keys.js";

const FILE = "src/redis/stored-form.generated.txt";

/** What another build must agree with to read a store in Redis: its number, keys, letters, bits and heads. */
export function storedForm(): string {
  const { FORMAT_VERSION, ...parts } = layout;
  const lines = Object.entries({ TASK_KEYS, ...parts }).flatMap(([name, value]) =>
    typeof value === "object"
      ? Object.entries(value).map(
          ([field, stored]) => `${name} ${field} ${String(stored).replace("\0", "\\0")}`,
        )
      : [`${name} ${value}`],
  );
  return `format ${FORMAT_VERSION}\n${lines.sort().join("\n")}\n`;
}

/** Keeps the list of the stored form beside the code, so that a change of it is seen in review. */
export async function runStoredForm(mode: "write" | "check"): Promise<readonly string[]> {
  const text = storedForm();
  if (existsSync(FILE) && readFileSync(FILE, "utf8") === text) return [];
  if (mode === "write") writeFileSync(FILE, text);
  return [FILE];
}
