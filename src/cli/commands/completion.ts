import type { Command } from "commander";
import { bashCompletion } from "../completion/bash.js";
import { fishCompletion } from "../completion/fish.js";
import { type Place, placesOf } from "../completion/places.js";
import { zshCompletion } from "../completion/zsh.js";
import { type Context, type Outcome, refusal } from "../outcome.js";
import { formatsOf } from "./diff.js";

const SCRIPTS: Readonly<Record<string, (places: readonly Place[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** Runs `taskora completion SHELL`: prints the script, made from the commands as they are declared. */
export async function runCompletion(shell: string, program: Command, context: Context): Promise<Outcome> {
  const { codegen, terminal } = context;
  const shells = Object.keys(SCRIPTS);
  const print = SCRIPTS[shell];
  if (print === undefined) {
    const message = `expected ${shells.join(", ")}; got "${shell}"`;
    const hint = "taskora completion --help says where each belongs.";
    return refusal({ code: "COMMAND_LINE", message, hint }, context);
  }
  const places = placesOf(program, {
    shell: shells,
    format: formatsOf(codegen),
    rule: codegen.listRules().map((rule) => rule.id),
  });
  const script = print(places).trimEnd();
  return { exitCode: 0, data: { shell, script }, findings: [], show: () => terminal.out(script) };
}
