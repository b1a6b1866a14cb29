import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../../", import.meta.url);

/**
 * Runs `taskora generate` for the project and gives the sentence it ends with.
 *
 * @throws {Error} with everything it said when it fails
 */
export async function runGenerator(): Promise<string> {
  const child = spawn(process.execPath, [...commandLine(), "generate"], {
    cwd: fileURLToPath(ROOT),
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.resume();
  const [talk, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  if (code !== 0) throw new Error(`taskora generate failed (${code}):\n${talk}`);
  return /^✔ (.*)$/m.exec(talk)?.[1] ?? talk.trim();
}

/** The command line from its source, so that the demo needs no build; elsewhere it is `npx taskora generate`. */
function commandLine(): readonly string[] {
  const source = fileURLToPath(new URL("src/cli/main.ts", ROOT));
  if (!existsSync(source))
    throw new Error(`The demo runs in taskora's own repository; there is no ${source}.`);
  return ["--import", "tsx", source];
}
