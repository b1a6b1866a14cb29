import { relative } from "node:path";
import { errorFinding, type Finding } from "../finding.js";
import { firstMatch } from "../source/find-text.js";
import type { LoadSite } from "./load-errors.js";
import { packageFrame, userFrame } from "./stack.js";
import type { SideEffect } from "./watch-side-effects.js";

/** Nothing is left to do, and a module still waits. */
export function stuckFinding({ root, file }: LoadSite): Finding {
  return errorFinding("CONTRACT_TIMEOUT", {
    message: `${relative(root, file)} never finishes loading: it awaits something that does not happen.`,
    hint: "Remove the top-level await and run taskora generate again.",
    at: firstMatch(file, /^(?:\S.*)?\bawait\b/) ?? { file, line: 1, column: 1 },
  });
}

/** A module called `process.exit`. */
export function exitFinding({ root, file }: LoadSite, code: number): Finding {
  const name = relative(root, file);
  const start = { file, line: 1, column: 1 };
  return errorFinding("CONTRACT_EXITED", {
    message: `${name} ended the process with exit code ${code} while it was loaded.`,
    hint: "Remove the call of process.exit from it, or from what it imports, and run taskora generate again.",
    at: userFrame(new Error("exit").stack ?? "") ?? start,
  });
}

/** A module reached out while it was loaded. */
export function sideEffectFinding(effect: SideEffect, root: string): Finding {
  const { loading, what, stack } = effect;
  const frame = userFrame(stack);
  const maker = packageFrame(stack);
  return errorFinding("CONTRACT_SIDE_EFFECT", {
    message: `${relative(root, loading)} has a side effect: loading it ${what}.`,
    hint:
      "Contract files are read by producers and by the generator alike: move the code that reaches out into a " +
      "function, or into a file that no contract imports. Then run taskora generate again.",
    at: frame ?? { file: loading, line: 1, column: 1 },
    importChain: [loading, frame?.file ?? maker ?? loading],
    ...(maker === undefined ? {} : { details: `made inside the package ${maker}` }),
  });
}

/** One finding per place: a client that opens five sockets is one mistake. */
export function uniqueByPlace(findings: readonly Finding[]): Finding[] {
  const seen = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${finding.at?.file}:${finding.at?.line}`;
    if (!seen.has(key)) seen.set(key, finding);
  }
  return [...seen.values()];
}
