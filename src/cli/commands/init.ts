import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import {
  configText,
  DEFAULT_ANSWERS,
  type InitAnswers,
  SAMPLE_CONTRACT,
  SAMPLE_TSCONFIG,
} from "../sample-files.js";
import type { Terminal } from "../terminal.js";

/** Options of `taskora init`. */
export interface InitFlags {
  readonly yes?: boolean;
}

const OK = 0;
const CANNOT_RUN = 2;
const DECLINED = 3;
const CONFIG = "taskora.config.ts";
const TSCONFIG = "tsconfig.json";

/** Packages that are needed at development time: two by the generator, and the types that the tsconfig names. */
const DEV_PACKAGES = ["tsx", "ts-morph", "@types/node"];

/** Runs `taskora init` and returns the exit code. Never overwrites a file. */
export async function runInit(flags: InitFlags, terminal: Terminal): Promise<number> {
  if (existsSync(CONFIG)) {
    terminal.talk(
      `${CONFIG} is already here, and init overwrites nothing. Edit it, or run taskora generate.`,
    );
    return DECLINED;
  }
  if (flags.yes !== true && !terminal.isInteractive) {
    terminal.talk("taskora init asks where things go, and this is no terminal. Run taskora init --yes.");
    return CANNOT_RUN;
  }
  const answers = flags.yes === true ? DEFAULT_ANSWERS : await ask(terminal);
  if (answers === "declined") {
    terminal.talk("Nothing was written.");
    return DECLINED;
  }
  createFiles(answers, terminal);
  terminal.talk(["", ...hints(answers), "", nextSteps(terminal)].join("\n"));
  return OK;
}

async function ask(terminal: Terminal): Promise<InitAnswers | "declined"> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const question = async (text: string, suggested: string): Promise<string> => {
    const hint = terminal.talkColors.dim(`(${suggested})`);
    const answer = (await prompt.question(`${text} ${hint} `)).trim();
    return answer === "" ? suggested : answer.replace(/\/+$/, "");
  };
  try {
    const answers = {
      contractsDir: await question("Folder of the contracts?", DEFAULT_ANSWERS.contractsDir),
      clientDir: await question("Folder for the generated client?", DEFAULT_ANSWERS.clientDir),
      workerDir: await question("Folder of the worker?", DEFAULT_ANSWERS.workerDir),
    };
    const go = await question("Create the files?", "yes");
    return /^y(es)?$/i.test(go) ? answers : "declined";
  } finally {
    prompt.close();
  }
}

function createFiles(answers: InitAnswers, terminal: Terminal): void {
  create(CONFIG, configText(answers), terminal);
  const { contractsDir } = answers;
  const hasContracts =
    existsSync(contractsDir) && readdirSync(contractsDir).some((name) => name.endsWith(".ts"));
  if (!hasContracts) create(join(contractsDir, "email.ts"), SAMPLE_CONTRACT, terminal);
  if (!existsSync(TSCONFIG)) create(TSCONFIG, SAMPLE_TSCONFIG, terminal);
}

function create(path: string, text: string, terminal: Terminal): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { flag: "wx" });
  terminal.out(`${terminal.outColors.green("create")} ${path}`);
}

/** What the project still lacks, each with the line that mends it. */
function hints(answers: InitAnswers): string[] {
  const lines: string[] = [];
  if (!isInstalled("zod")) lines.push("Install zod, which contracts are written with:  npm i zod");
  const missing = DEV_PACKAGES.filter((name) => !isInstalled(name));
  if (missing.length > 0) lines.push(`Install what is needed to develop:  npm i -D ${missing.join(" ")}`);
  return [...lines, ...tsconfigHints(answers)];
}

function isInstalled(name: string): boolean {
  const paths = createRequire(join(process.cwd(), "package.json")).resolve.paths(name) ?? [];
  return paths.some((folder) => existsSync(join(folder, name, "package.json")));
}

/** Looks at the text only: a tsconfig may hold comments, and nothing here is worth a parser. */
function tsconfigHints(answers: InitAnswers): string[] {
  const text = readFileSync(TSCONFIG, "utf8");
  const lines: string[] = [];
  if (!/"strict"\s*:\s*true/.test(text) && !/"extends"/.test(text)) {
    lines.push('Set "strict": true in tsconfig.json: without it a missing field may compile.');
  }
  const include = /"include"\s*:\s*\[([^\]]*)\]/.exec(text)?.[1];
  if (include !== undefined && !include.includes(answers.contractsDir) && !/"(\*\*|\.|\.\/)/.test(include)) {
    lines.push(`Add "${answers.contractsDir}" to "include" in tsconfig.json.`);
  }
  return lines;
}

function nextSteps(terminal: Terminal): string {
  return `${terminal.talkColors.green("✔")} Next: npx taskora generate`;
}
