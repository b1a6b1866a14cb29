import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtPackage } from "../../support/built.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url));

// The generator of a test runs from its sources; what it starts for each load need not be compiled each time.
process.env.TASKORA_CHILD = join(builtPackage(), "dist/codegen/child.js");

/** What a command printed and how it ended. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project in a temporary folder that uses this checkout's taskora and zod. */
export interface TempProject {
  readonly dir: string;
  write(files: Readonly<Record<string, string>>): void;
  read(path: string): string;
  has(path: string): boolean;
  remove(path: string): void;
  /** Every file below a folder with its text, sorted; without node_modules. */
  files(path?: string): Record<string, string>;
  /** Runs the command line, built from its sources. */
  taskora(...args: readonly string[]): Promise<CommandResult>;
  /** Runs a shell line in which `taskora` is the command line, built from its sources. */
  shell(line: string): Promise<CommandResult>;
  dispose(): void;
}

const ENTRIES = ["config", "contract", "generated", "redis", "memory", "testing"];
const BUILT: ReadonlySet<string> = new Set(["config", "contract"]);

/** Creates a project; a `package.json` with `"type": "module"` is there unless `files` brings another. */
export function tempProject(files: Readonly<Record<string, string>> = {}): TempProject {
  const dir = mkdtempSync(join(tmpdir(), "taskora-test-"));
  linkPackages(dir);
  const project: TempProject = {
    dir,
    write(added) {
      for (const [path, text] of Object.entries(added)) {
        mkdirSync(dirname(join(dir, path)), { recursive: true });
        writeFileSync(join(dir, path), text);
      }
    },
    read: (path) => readFileSync(join(dir, path), "utf8"),
    has: (path) => existsSync(join(dir, path)),
    remove: (path) => rmSync(join(dir, path), { recursive: true, force: true }),
    files: (path = ".") => filesBelow(dir, path),
    taskora: (...args) => runCli(dir, args),
    shell: (line) => run("bash", ["-c", `taskora() { "${process.execPath}" ${cli()} "$@"; }; ${line}`], dir),
    dispose: () => rmSync(dir, { recursive: true, force: true }),
  };
  project.write({ "package.json": '{ "type": "module" }\n', ...files });
  return project;
}

/** `taskora` resolves to the sources of this checkout; what every contract and config imports is built from them. */
function linkPackages(dir: string): void {
  const packageDir = join(dir, "node_modules", "taskora");
  mkdirSync(packageDir, { recursive: true });
  const exports = Object.fromEntries(
    ENTRIES.map((name) => {
      const types = `./src/${name}/index.ts`;
      return [`./${name}`, BUILT.has(name) ? { types, default: `./dist/${name}/index.js` } : types];
    }),
  );
  const manifest = { name: "taskora", type: "module", exports: { ".": "./src/index.ts", ...exports } };
  writeFileSync(join(packageDir, "package.json"), JSON.stringify(manifest));
  symlinkSync(join(repository, "src"), join(packageDir, "src"));
  symlinkSync(join(builtPackage(), "dist"), join(packageDir, "dist"));
  symlinkSync(join(repository, "node_modules", "zod"), join(dir, "node_modules", "zod"));
}

function filesBelow(dir: string, path: string): Record<string, string> {
  const root = join(dir, path);
  if (!existsSync(root)) return {};
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes("node_modules"));
  return Object.fromEntries(
    paths.sort().map((file) => [file.slice(dir.length + 1), readFileSync(file, "utf8")]),
  );
}

const cli = (): string => join(builtPackage(), "dist/cli/main.js");

function runCli(cwd: string, args: readonly string[]): Promise<CommandResult> {
  return runNode([cli(), ...args], cwd);
}

/** Runs node without colours and without a terminal. */
export function runNode(args: readonly string[], cwd: string): Promise<CommandResult> {
  return run(process.execPath, args, cwd);
}

function run(command: string, args: readonly string[], cwd: string): Promise<CommandResult> {
  const env = { ...process.env, NO_COLOR: "1", TSX_TSCONFIG_PATH: join(repository, "tsconfig.json") };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** A config with one client output. */
export const CLIENT_CONFIG = `import { defineConfig } from "taskora/config";
export default defineConfig({
  contracts: ["contracts/**/*.ts"],
  outputs: [{ kind: "client", dir: "src/tasks.gen" }],
});
`;

/** A config with a client and a handlers output. */
export const FULL_CONFIG = `import { defineConfig } from "taskora/config";
export default defineConfig({
  contracts: ["contracts/**/*.ts"],
  outputs: [
    { kind: "client", dir: "producer/tasks.gen" },
    { kind: "handlers", dir: "worker/tasks.gen", stubs: "worker/handlers" },
  ],
});
`;

/** A contract file that exports one task. */
export function contractText(options: {
  readonly name: string;
  readonly exportName: string;
  readonly input?: string;
  readonly output?: string;
  readonly rest?: string;
}): string {
  const { name, exportName, input, output, rest } = options;
  return [
    'import { defineTask } from "taskora/contract";',
    'import * as z from "zod";',
    "",
    `export const ${exportName} = defineTask({`,
    `  name: ${JSON.stringify(name)},`,
    `  input: ${input ?? "z.object({ id: z.string() })"},`,
    `  output: ${output ?? "z.object({ done: z.boolean() })"},`,
    ...(rest === undefined ? [] : [`  ${rest},`]),
    "});",
    "",
  ].join("\n");
}
