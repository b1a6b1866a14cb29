/**
 * Measures the generator: `npx tsx bench/codegen/run.ts [contracts]` after `npm run build`. Prints the CPU time
 * of a cold run, of one without changes and of one with one changed contract, and what the generated client costs
 * the type checker.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { sampleTree } from "./cpu-of-tree.js";
import { createProject, producerText } from "./project.js";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const cli = join(repository, "dist", "cli", "main.js");

interface RunFigures {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

function generate(dir: string): Promise<RunFigures> {
  const startedAt = performance.now();
  // tsx keeps what it has compiled in the temporary folder; one of its own makes the first run a cold one.
  const env = { ...process.env, TMPDIR: join(dir, "tmp") };
  const child = spawn(process.execPath, [cli, "generate"], {
    cwd: dir,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const cpu = sampleTree(child.pid ?? 0);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const figures = { wallSeconds: (performance.now() - startedAt) / 1000, cpuSeconds: cpu.stop() };
      if (code === 0) resolve(figures);
      else reject(new Error(`taskora generate ended with ${code}:\n${stderr}`));
    });
  });
}

/** CPU time of one run of a watcher after one contract changed, its loading process included. */
async function changeUnderWatch(dir: string): Promise<RunFigures> {
  const child = spawn(process.execPath, [cli, "generate", "--watch"], {
    cwd: dir,
    env: { ...process.env, TMPDIR: join(dir, "tmp"), NO_COLOR: "1" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const idle = (): Promise<void> =>
    new Promise((resolve) => {
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        if (text.includes("Watching for changes")) resolve();
      });
    });
  try {
    await idle();
    const file = join(dir, "contracts", "order-1.ts");
    const runs: RunFigures[] = [];
    for (const timeout of ["32s", "33s", "34s"]) {
      // The process for the next change is started ahead; its start is no part of the run.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      const cpu = sampleTree(child.pid ?? 0);
      const before = cpu.now();
      const startedAt = performance.now();
      const done = idle();
      writeFileSync(file, readFileSync(file, "utf8").replace(/timeout: "\d+s"/, `timeout: "${timeout}"`));
      await done;
      const wallSeconds = (performance.now() - startedAt) / 1000;
      runs.push({ wallSeconds, cpuSeconds: cpu.stop() - before });
    }
    return runs.sort((a, b) => a.cpuSeconds - b.cpuSeconds)[1] ?? { wallSeconds: 0, cpuSeconds: 0 };
  } finally {
    child.kill("SIGTERM");
  }
}

interface CheckFigures {
  readonly instantiations: number;
  readonly types: number;
  readonly seconds: number;
}

function checkProducer(dir: string, text: string): CheckFigures {
  writeFileSync(join(dir, "producer", "main.ts"), text);
  const config = ts.getParsedCommandLineOfConfigFile(join(dir, "tsconfig.json"), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
    },
  });
  if (config === undefined) throw new Error("no tsconfig");
  const program = ts.createProgram(config.fileNames, config.options);
  const startedAt = performance.now();
  const problems = [...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()];
  const [problem] = problems;
  if (problem !== undefined) throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, "\n"));
  return {
    instantiations: program.getInstantiationCount(),
    types: program.getTypeCount(),
    seconds: (performance.now() - startedAt) / 1000,
  };
}

function show(name: string, value: string): void {
  process.stdout.write(`${name.padEnd(44)} ${value}\n`);
}

function showRun(name: string, { cpuSeconds, wallSeconds }: RunFigures): void {
  show(name, `${cpuSeconds.toFixed(2)} s CPU, ${wallSeconds.toFixed(2)} s`);
}

async function main(count: number): Promise<void> {
  if (!existsSync(cli)) throw new Error("There is no dist/. Run npm run build first.");
  const dir = createProject(count, repository);
  try {
    showRun(`${count} contracts, cold`, await generate(dir));
    showRun("again, nothing changed", await generate(dir));
    const file = join(dir, "contracts", "order-0.ts");
    writeFileSync(file, readFileSync(file, "utf8").replace('"30s"', '"31s"'));
    showRun("one contract changed", await generate(dir));
    showRun("one contract changed under --watch", await changeUnderWatch(dir));
    const empty = checkProducer(dir, producerText(0));
    const full = checkProducer(dir, producerText(count));
    const perTask = (full.instantiations - empty.instantiations) / count;
    show("type instantiations, no task used", String(empty.instantiations));
    show(
      `type instantiations, ${count} tasks used`,
      `${full.instantiations} (${perTask.toFixed(1)} per task)`,
    );
    show("type instantiations in all, per task", (full.instantiations / count).toFixed(1));
    show("types, checking time", `${full.types}, ${full.seconds.toFixed(2)} s`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

await main(Number(process.argv[2] ?? 300));
