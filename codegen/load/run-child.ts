import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { CodegenError, errorFinding, type Finding } from "../finding.js";
import { DEFAULT_LOAD_TIMEOUT_MS } from "../resolved-config.js";
import { resolvePackage, runsFromSource, taskoraDir } from "./package-dir.js";
import type { LoadReport, LoadRequest } from "./protocol.js";
import { type ChildCommand, type Standby, spawnChild } from "./standby.js";
import { WAIT } from "./wait-for-request.js";

/** How to run the loading process. */
export interface RunChildOptions {
  readonly request: Pick<LoadRequest, "root" | "configFile" | "config" | "configOnly" | "probes" | "part">;
  /** Gets what the modules print; it must not mix with the generator's own output. */
  readonly onPrint: (text: string) => void;
  /** Where a process may be waiting already. */
  readonly standby?: Standby;
}

/** Starts the process that the next {@link runChild} will use. */
export function prepareChild(root: string, standby: Standby): void {
  standby.prepare(childCommand(root, WAIT));
}

function childCommand(root: string, argument: string): ChildCommand {
  return { args: ["--import", resolveTsx(root), childFile(), argument], cwd: root, env: childEnvironment() };
}

/**
 * Loads config and contracts in a fresh process, and kills it when the config's `loadTimeout` is past.
 *
 * @throws {CodegenError} `DEPENDENCY_MISSING` without tsx, `CONTRACT_TIMEOUT`, `LOAD_FAILED`
 */
export async function runChild(options: RunChildOptions): Promise<LoadReport> {
  const { root } = options.request;
  const command = childCommand(root, "");
  const folder = mkdtempSync(join(tmpdir(), "taskora-load-"));
  const request: LoadRequest = {
    ...options.request,
    progressFile: join(folder, "progress"),
    resultFile: join(folder, "result.json"),
  };
  const requestFile = join(folder, "request.json");
  writeFileSync(requestFile, JSON.stringify(request));
  try {
    const ended = await runNode(startChild(command, requestFile, options.standby), options);
    if (existsSync(request.resultFile)) {
      return JSON.parse(readFileSync(request.resultFile, "utf8")) as LoadReport;
    }
    throw new CodegenError([endedFinding(ended, request)]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Ended {
  readonly how: "timeout" | "exit";
  readonly limitMs: number;
  readonly status: string;
  readonly stderr: string;
}

function startChild(command: ChildCommand, requestFile: string, standby: Standby | undefined): ChildProcess {
  const waiting = standby?.take();
  waiting?.send({ requestFile });
  return waiting ?? spawnChild({ ...command, args: [...command.args.slice(0, -1), requestFile] });
}

function runNode(child: ChildProcess, options: RunChildOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const killWithParent = (): boolean => child.kill("SIGKILL");
    process.once("exit", killWithParent);
    let how: Ended["how"] = "exit";
    let stderr = "";
    const kill = (): void => {
      how = "timeout";
      child.kill("SIGKILL");
    };
    let limitMs = DEFAULT_LOAD_TIMEOUT_MS;
    let timer = setTimeout(kill, limitMs);
    child.on("message", (message: { readonly loadTimeoutMs: number }) => {
      clearTimeout(timer);
      limitMs = message.loadTimeoutMs;
      timer = setTimeout(kill, limitMs);
    });
    child.stdout?.setEncoding("utf8").on("data", options.onPrint);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = `${stderr}${text}`.slice(-4000);
      options.onPrint(text);
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      process.off("exit", killWithParent);
      resolve({ how, limitMs, status: signal ?? `exit code ${code}`, stderr });
    });
  });
}

/** Options meant for the parent (a debugger's port, a test runner's loaders) must not reach the child. */
function childEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, ...environment } = process.env;
  return environment;
}

/** From sources, `TASKORA_CHILD` may name a built one: compiling hundreds of modules takes as long as all the rest. */
function childFile(): string {
  return runsFromSource()
    ? (process.env.TASKORA_CHILD ?? join(taskoraDir(), "codegen", "load", "child.ts"))
    : join(taskoraDir(), "dist", "codegen", "child.js");
}

/** The project's own tsx, else the one installed with taskora. */
function resolveTsx(root: string): string {
  const found = resolvePackage("tsx", [root, taskoraDir()]);
  if (found !== undefined) return pathToFileURL(found).href;
  throw new CodegenError([
    errorFinding("DEPENDENCY_MISSING", {
      message: "Loading TypeScript contracts needs tsx, which is not installed.",
      hint: "Install it with npm i -D tsx and run taskora generate again.",
    }),
  ]);
}

function endedFinding(ended: Ended, request: LoadRequest): Finding {
  const file = lastLine(request.progressFile);
  if (ended.how === "timeout" && file !== "") {
    return errorFinding("CONTRACT_TIMEOUT", {
      message: `${relative(request.root, file)} did not finish loading within ${ended.limitMs / 1000} s.`,
      hint: "Look for an endless loop or an await in it, or raise loadTimeout in the config.",
      at: { file, line: 1, column: 1 },
    });
  }
  return errorFinding("LOAD_FAILED", {
    message: `The process that loads the contracts ended without a report (${ended.status}).`,
    hint: "Run taskora generate again; when it happens again, please report it with the output below.",
    ...(ended.stderr === "" ? {} : { details: ended.stderr.trim() }),
  });
}

function lastLine(file: string): string {
  return existsSync(file) ? (readFileSync(file, "utf8").trimEnd().split("\n").at(-1) ?? "") : "";
}
