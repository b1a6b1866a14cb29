import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CommandResult, type TempProject, tempProject } from "./temp-project.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** A project in which the built package is installed, as a user has it. */
export interface InstalledProject extends TempProject {
  /** Runs the built command line; `node` is the binary to run it with, the test's own when left out. */
  run(args: readonly string[], node?: string): Promise<CommandResult>;
  /** Starts it, for commands that go on until they are stopped. */
  start(args: readonly string[], node?: string): ChildProcess;
  /** Empties the temporary folder of its processes, where the loader keeps what it has compiled. */
  clearCache(): void;
}

/** Lays the built package beside the given packages and nothing else. The caller disposes of it. */
export function installedProject(
  packages: readonly string[],
  files: Readonly<Record<string, string>> = {},
): InstalledProject {
  if (!existsSync(join(repository, "dist/cli/main.js")))
    throw new Error("There is no dist/. Run npm run build.");
  const project = tempProject(files);
  const modules = join(project.dir, "node_modules");
  rmSync(modules, { recursive: true });
  mkdirSync(join(modules, "taskora"), { recursive: true });
  cpSync(join(repository, "dist"), join(modules, "taskora/dist"), { recursive: true });
  cpSync(join(repository, "package.json"), join(modules, "taskora/package.json"));
  for (const name of packages) symlinkSync(join(repository, "node_modules", name), join(modules, name));
  const cache = join(modules, ".tmp");
  const start = (args: readonly string[], node = process.execPath): ChildProcess => {
    mkdirSync(cache, { recursive: true });
    const env = { ...process.env, NO_COLOR: "1", TMPDIR: cache };
    const command = [join(modules, "taskora/dist/cli/main.js"), ...args];
    return spawn(node, command, { cwd: project.dir, env, stdio: ["ignore", "pipe", "pipe"] });
  };
  return {
    ...project,
    start,
    run: (args, node) => ended(start(args, node)),
    clearCache: () => rmSync(cache, { recursive: true, force: true }),
  };
}

function ended(child: ChildProcess): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const result = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        result[name] += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...result }));
  });
}
