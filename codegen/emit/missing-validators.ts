import { type Finding, warningFinding } from "../finding.js";
import type { PlannedOutput } from "./emit-output.js";
import { validatorFile } from "./validator-file.js";

/** Says, for an output that asks for validators outright, which tasks have none and why. */
export function missingValidators({ output, tasks }: PlannedOutput): Finding[] {
  if (output.validators !== "on") return [];
  const mode = output.kind === "handlers" ? "output" : "wire";
  return tasks.flatMap((task) =>
    validatorFile(task, mode).missing.map(({ side, reason }) =>
      warningFinding("VALIDATOR_NONE", {
        task: task.contract.data.name,
        message:
          `${task.contract.data.name} has no printed validator for its ${side}: ${reason}, ` +
          "and only the worker can run code of the contract.",
        hint: "Producers check what can be checked; the worker checks the rest. Nothing needs to be done.",
        at: task.contract.definedAt,
      }),
    ),
  );
}
