/** Rewrites 60 files as one step, again and again, until it is killed: `rewrite-forever.ts <folder>`. */
import { join } from "node:path";
import { applyChanges } from "../../../codegen/write/write.js";

const folder = process.argv[2] ?? "";

for (let round = 1; ; round++) {
  const changes = Array.from({ length: 60 }, (_, index) => ({
    action: "update" as const,
    path: join(folder, "out", `file-${index}.ts`),
    text: `round ${round}`,
  }));
  applyChanges(changes, join(folder, ".taskora", "pending"));
  if (round === 1) process.stdout.write("ready\n");
}
