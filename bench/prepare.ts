/** Makes ready what the child processes run: the other queues, our package as it is built, the compiled harness. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Everything the children load. Our package is built as `npm run build` does, into a folder of this harness. */
const BUILD_DIR = here(".build");
/** The compiled child program. */
export const CHILD_SCRIPT = here(".build/child.js");

/**
 * @param against a commit of this library that is built as well, as the contender `earlier`
 * @throws {Error} when a step fails, with what it printed
 */
export async function prepare(against?: string): Promise<void> {
  installPeers();
  say("building taskora");
  buildPackage(here(".."), "taskora");
  if (against !== undefined) buildEarlier(against);
  await compileHarness();
}

function installPeers(): void {
  const installed = here("node_modules/.package-lock.json");
  const wanted = here("package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  say("installing the queues to compare with");
  runStep("npm", ["ci", "--no-fund", "--no-audit"], here("."));
}

function buildPackage(root: string, name: string): void {
  const tsup = here("../node_modules/tsup/dist/cli-default.js");
  const options = ["--out-dir", `${BUILD_DIR}/${name}`, "--no-dts", "--sourcemap", "--silent"];
  runStep(process.execPath, [tsup, ...options], root);
}

/** With the packages that are installed today. */
function buildEarlier(commit: string): void {
  say(`building taskora as it was at ${commit}`);
  const root = mkdtempSync(join(tmpdir(), "earlier-"));
  runStep("git", ["archive", "--output", `${root}/tree.tar`, commit], here(".."));
  runStep("tar", ["-xf", "tree.tar"], root);
  symlinkSync(here("../node_modules"), `${root}/node_modules`);
  buildPackage(root, "earlier");
  rmSync(root, { recursive: true });
}

async function compileHarness(): Promise<void> {
  const peers = readdirSync(here("peers")).map((file) => file.replace(/\.ts$/, ""));
  await build({
    config: false,
    entry: {
      child: here("child.ts"),
      ...Object.fromEntries(peers.map((name) => [`peers/${name}`, here(`peers/${name}.ts`)])),
    },
    outDir: BUILD_DIR,
    format: "esm",
    target: "node20",
    tsconfig: here("tsconfig.json"),
    splitting: true,
    clean: false,
    skipNodeModulesBundle: true,
    silent: true,
  });
}

function runStep(command: string, args: readonly string[], cwd: string): void {
  const done = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (done.status === 0) return;
  throw new Error(`${command} ${args.join(" ")} failed:\n${done.stdout}${done.stderr}`);
}

/** Talk goes to stderr. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
