/** Runs `taskora board hash`. */
import { readFileSync } from "node:fs";
import { hashPassword } from "taskora/board";
import { type Context, type Outcome, refusal } from "../outcome.js";

/** The flags of `taskora board hash`. */
export interface HashFlags {
  readonly passwordFile?: string;
}

/** Prints what a board keeps of a password, which it reads from stdin or a file: no argument, which others would see. */
export async function runBoardHash({ passwordFile }: HashFlags, context: Context): Promise<Outcome> {
  const { terminal } = context;
  if (passwordFile === undefined && process.stdin.isTTY)
    terminal.talk("Type the password, then Enter and Ctrl-D.");
  const [password = ""] = readFileSync(passwordFile ?? 0, "utf8").split(/\r?\n/);
  if (password === "") {
    const hint = "Give it on stdin: taskora board hash < password.txt";
    return refusal({ code: "COMMAND_LINE", message: "the password is empty", hint }, context);
  }
  const hash = await hashPassword(password);
  return { exitCode: 0, data: { hash }, findings: [], show: () => terminal.out(hash) };
}
