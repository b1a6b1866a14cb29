import { readFileSync, writeFileSync } from "node:fs";
import { listRules } from "../codegen/diff/rules/explain.js";

const FILE = "docs/changing-contracts.md";
const TABLE = "| rule | old → new | new → old | what changed |\n";

/** Keeps the table of rules at the end of the page on changing contracts; returns the file when it differed. */
export async function runRuleDocs(mode: "write" | "check"): Promise<readonly string[]> {
  const before = readFileSync(FILE, "utf8");
  const start = before.indexOf(TABLE);
  const page = start === -1 ? `${before.trimEnd()}\n\n` : before.slice(0, start);
  const after = `${page}${ruleTable()}`;
  if (after === before) return [];
  if (mode === "write") writeFileSync(FILE, after);
  return [FILE];
}

function ruleTable(): string {
  const rows = listRules().map(
    ({ id, oldToNew, newToOld, title }) => `| \`${id}\` | ${oldToNew} | ${newToOld} | ${title}. |\n`,
  );
  return `${TABLE}|---|---|---|---|\n${rows.join("")}`;
}
