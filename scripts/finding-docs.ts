import { readFileSync, writeFileSync } from "node:fs";
import { EXIT_CODES, FINDING_CODES } from "../codegen/finding.js";

const FILE = "docs/generator.md";
const HEADING = "## Findings\n";

/** Keeps the table of finding codes at the end of the generator's page; returns the file when it differed. */
export async function runFindingDocs(mode: "write" | "check"): Promise<readonly string[]> {
  const before = readFileSync(FILE, "utf8");
  const start = before.indexOf(HEADING);
  if (start === -1) throw new Error(`${FILE} has no heading "${HEADING.trim()}"`);
  const after = `${before.slice(0, start)}${HEADING}\n${findingTable()}`;
  if (after === before) return [];
  if (mode === "write") writeFileSync(FILE, after);
  return [FILE];
}

function findingTable(): string {
  const rows = Object.entries(FINDING_CODES).map(
    ([code, { exit, meaning }]) => `| \`${code}\` | ${EXIT_CODES[exit]} | ${meaning} |\n`,
  );
  return `| code | exit | meaning |\n|---|---|---|\n${rows.join("")}`;
}
