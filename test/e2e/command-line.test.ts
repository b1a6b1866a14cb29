import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Command } from "commander";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { FINDING_CODES } from "../../codegen/finding.js";
import { commandPath } from "../../src/cli/execute.js";
import { buildProgram } from "../../src/cli/program.js";
import { processTerminal } from "../../src/cli/terminal.js";
import { contractText, FULL_CONFIG, type TempProject, tempProject } from "../codegen/support/temp-project.js";
import { builtPackage } from "../support/built.js";
import { sharedRedis } from "../support/redis-server.js";
import { runCommand } from "../support/run-command.js";

const EMAIL = contractText({ name: "email.send", exportName: "sendEmail" });
const EMPTY = tempProject();
const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});
afterAll(() => EMPTY.dispose());

function aProject(files: Record<string, string> = {}): TempProject {
  const project = tempProject({ "taskora.config.ts": FULL_CONFIG, "contracts/email.ts": EMAIL, ...files });
  projects.push(project);
  return project;
}

function commandsOf(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(commandsOf)];
}

const PROGRAM = buildProgram(processTerminal({ color: false }), "text");
const COMMANDS = commandsOf(PROGRAM).map((command) => ({
  command,
  words: command === PROGRAM ? [] : commandPath(command).split(" "),
}));

/** What a command without arguments of its own needs to be called with. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = { completion: ["bash"], init: ["--yes"] };

/** They say why without a store: see operate.test.ts. */
const OPERATE =
  /^(tasks|jobs|dispatch|schedules|workflows|workers|errors|audit|metrics|doctor|top|board|tail|export|import)/;

describe.each(COMMANDS)("taskora $words", ({ command, words }) => {
  it("refuses a flag that it does not know, at every depth", async () => {
    const { code, stdout, stderr } = await runCommand(...words, "--no-such-flag");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("error: unknown option '--no-such-flag'");
  });

  it("refuses it in one JSON object with --json", async () => {
    const { code, stdout, stderr } = await runCommand(...words, "--no-such-flag", "--json");
    expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      v: 1,
      command: words.join(" ") || "status",
      exitCode: 2,
      data: null,
      findings: [
        {
          code: "COMMAND_LINE",
          severity: "error",
          message: "unknown option '--no-such-flag'",
          hint: expect.any(String),
        },
      ],
    });
  });

  it("has help with a description and examples in 80 columns", async () => {
    const { code, stdout } = await runCommand(...words, "--help");
    expect(code).toBe(0);
    expect(command.description()).not.toBe("");
    expect(stdout).toContain("Examples:\n  ");
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it.skipIf(OPERATE.test(words[0] ?? ""))(
    "answers in the same object without a project, and says why where it fails",
    async () => {
      const project = tempProject();
      projects.push(project);
      const given = [...words, ...(ARGUMENTS[words.join(" ")] ?? []), "--json"];
      const { code, stdout, stderr } = await project.taskora(...given);
      const answer = JSON.parse(stdout) as { exitCode: number; findings: readonly { code: string }[] };
      expect(Object.keys(answer)).toEqual(["v", "command", "exitCode", "data", "findings"]);
      expect({ exitCode: answer.exitCode, stderr }).toEqual({ exitCode: code, stderr: "" });
      expect(code === 0 || answer.findings.length > 0).toBe(true);
      for (const finding of answer.findings) expect(Object.keys(FINDING_CODES)).toContain(finding.code);
    },
  );
});

describe("the help of a noun", () => {
  it.each(["board", "jobs", "tasks", "workers", "schedules", "workflows"])(
    "has the flags of what %s does without a verb",
    async (noun) => {
      const { stdout } = await runCommand(noun, "--help");
      const usual = noun === "board" ? "serve" : "list";
      const verb = COMMANDS.find(({ words }) => words.join(" ") === `${noun} ${usual}`)?.command;
      for (const { long, hidden } of verb?.options ?? []) if (!hidden) expect(stdout).toContain(`${long}`);
      expect(verb?.options.length).toBeGreaterThan(1);
    },
  );
});

describe("taskora's flags", { timeout: 90_000 }, () => {
  it.each([
    [["diff", "--limit", "5"], "--limit needs --live"],
    [["diff", "--prefix", "a"], "--prefix needs --live"],
    [["diff", "--store", "redis://h"], "--store needs --live"],
    [["diff", "--task", "a"], "--task needs --live"],
    [["diff", "--show-payloads"], "--show-payloads needs --live"],
    [["diff", "--reason", "x"], "--reason needs --accept"],
    [["diff", "--accept", "1"], "--accept needs --reason"],
    [["diff", "--live", "--against", "git:main"], "--live and --against do not go together"],
    [["diff", "--live", "--accept", "1", "--reason", "x"], "--live and --accept do not go together"],
    [["diff", "--json", "--format", "sarif"], "--json and --format do not go together"],
    [["generate", "--watch", "--dry-run"], "--watch and --dry-run do not go together"],
  ])("refuses %j", async (args, text) => {
    const { code, stdout, stderr } = await EMPTY.taskora(...args);
    expect(stdout === "" ? stderr : stdout).toContain(text);
    expect(code).toBe(2);
  });

  it("prints the version for -V, -v and --version", async () => {
    for (const flag of ["-V", "-v", "--version"]) {
      expect(await EMPTY.taskora(flag)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      });
    }
  });

  it("takes --cwd before and after the command, and refuses a folder that is not there", async () => {
    const project = aProject({ "sub/.keep": "" });
    await project.taskora("generate");
    for (const args of [
      ["--cwd", project.dir, "check"],
      ["check", "--cwd", project.dir],
    ]) {
      expect(await EMPTY.taskora(...args)).toMatchObject({ code: 0 });
    }
    expect(await EMPTY.taskora("check", "--cwd", "nowhere")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("error: --cwd: there is no folder nowhere"),
    });
  });

  it("leaves stderr to what is wrong with --quiet", async () => {
    const project = aProject();
    const good = await project.taskora("generate", "--quiet");
    expect(good).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("create ") });
    project.write({ "contracts/email.ts": "nonsense(" });
    const bad = await project.taskora("check", "-q");
    expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining("error CONTRACT_THREW") });
  });

  it("colours by --color and --no-color first, then by NO_COLOR and FORCE_COLOR", async () => {
    const red = "\u001b[31m";
    const of = async (line: string) => (await EMPTY.shell(line)).stderr.includes(red);
    expect(await of("taskora check --color")).toBe(true);
    expect(await of("NO_COLOR= FORCE_COLOR=1 taskora check")).toBe(true);
    expect(await of("NO_COLOR= FORCE_COLOR=1 taskora check --no-color")).toBe(false);
    expect(await of("NO_COLOR=1 taskora check")).toBe(false);
  });

  it("prints one line an object with --watch --json", async () => {
    const project = aProject();
    const args = [join(builtPackage(), "dist/cli/main.js"), "generate", "--watch", "--json"];
    const child = spawn(process.execPath, args, { cwd: project.dir, stdio: ["ignore", "pipe", "ignore"] });
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    child.kill();
    await once(child, "close");
    expect(JSON.parse(line)).toMatchObject({ v: 1, command: "generate", exitCode: 0 });
  });
});

describe("taskora alone", { timeout: 90_000 }, () => {
  it("shows the help and where to start without a config", async () => {
    const { code, stdout, stderr } = await EMPTY.taskora();
    expect(code).toBe(0);
    expect(stdout).toMatch(/Contracts:\n +init[\s\S]*Command line:\n +status/);
    expect(stdout).toContain("6 not found");
    expect(stderr).toBe("There is no taskora.config.ts here yet. Next: npx taskora init\n");
  });

  it("says what is stale and what comes next", async () => {
    const project = aProject();
    const fresh = await project.taskora();
    expect(fresh.code).toBe(0);
    expect(fresh.stdout).toContain("generated  11 files stale\n");
    expect(fresh.stdout).toContain("Next: npx taskora generate\n");
    await project.taskora("generate");
    expect((await project.taskora()).stdout).toBe(
      [
        "config     taskora.config.ts",
        "tasks      1: email.send",
        "generated  up to date",
        "handlers   all there",
        "contracts  sound",
        "store      none named (--store, TASKORA_STORE, or store in the config)",
        "",
        "✔ Nothing to do.",
        "",
      ].join("\n"),
    );
  });

  it("asks the store of the flag, the environment or the config, and never shows its password", async () => {
    const { url } = await sharedRedis();
    const away = "redis://:hunter2@127.0.0.1:1";
    const config = FULL_CONFIG.replace(
      "  outputs:",
      `  store: { url: "${url}", prefix: "shop" },\n  outputs:`,
    );
    const project = aProject({ "taskora.config.ts": config });
    const own = await project.taskora();
    expect(own.stdout).toMatch(/^store +redis:\/\/\S+ \(the config\) answers$/m);
    const flagged = await project.taskora("--store", away);
    expect(flagged.stdout).toMatch(/^store +redis:\/\/127\.0\.0\.1:1 \(--store\) does not answer$/m);
    const { stdout } = await project.shell(`TASKORA_STORE=${away} taskora status --json`);
    expect(JSON.parse(stdout)).toMatchObject({
      exitCode: 0,
      data: { store: { url: "redis://127.0.0.1:1", from: "TASKORA_STORE", answers: false } },
    });
    expect(flagged.stdout + flagged.stderr + stdout).not.toContain("hunter2");
  });

  it("points at check for a contract that does not load, and fails for a config that does not", async () => {
    const broken = await aProject({ "contracts/email.ts": "nonsense(" }).taskora();
    expect(broken).toMatchObject({ code: 0, stdout: expect.stringContaining("Next: npx taskora check") });
    const wrong = await aProject({ "taskora.config.ts": "export default { contracts: [] };" }).taskora();
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("CONFIG_INVALID") });
  });
});
