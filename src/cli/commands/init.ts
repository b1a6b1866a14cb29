import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { type Context, type Outcome, refusal } from "../outcome.js";
import {
  configText,
  DEFAULT_ANSWERS,
  type InitAnswers,
  SAMPLE_CONTRACT,
  SAMPLE_HANDLER,
  SAMPLE_TSCONFIG,
  SAMPLE_WORKER,
} from "../sample-files.js";
import type { Terminal } from "../terminal.js";

/** Options of `taskora init`. */
export interface InitFlags {
  readonly yes?: boolean;
}

const CONFIG = "taskora.config.ts";
const TSCONFIG = "tsconfig.json";

/** Packages that are needed at development time: two by the generator, and the types that the tsconfig names. */
const DEV_PACKAGES = ["tsx", "ts-morph", "@types/node"];

/** Runs `taskora init`. Never overwrites a file. */
export async function runInit(flags: InitFlags, context: Context): Promise<Outcome> {
  const { terminal } = context;
  const stopped = (code: "CONFIG_EXISTS" | "COMMAND_LINE" | "DECLINED", message: string, hint: string) =>
    refusal({ code, message, hint }, context);
  if (existsSync(CONFIG)) {
    const message = `${CONFIG} is already here, and init overwrites nothing.`;
    return stopped("CONFIG_EXISTS", message, "Edit it, or run taskora generate.");
  }
  if (flags.yes !== true && !terminal.isInteractive) {
    const message = "taskora init asks where things go, and this is no terminal.";
    return stopped("COMMAND_LINE", message, "Run taskora init --yes.");
  }
  const answers = flags.yes === true ? DEFAULT_ANSWERS : await ask(terminal);
  if (answers === "declined") {
    return stopped("DECLINED", "Nothing was written.", "Run taskora init again when you are ready.");
  }
  const created = createFiles(answers);
  const missing = hints(answers);
  return {
    exitCode: 0,
    data: { created, hints: missing },
    findings: [],
    show: () => {
      for (const path of created) terminal.out(`${terminal.outColors.green("create")} ${path}`);
      terminal.talk(["", ...missing, "", nextSteps(terminal)].join("\n"));
    },
  };
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

/** Gives the paths of what was created. */
function createFiles(answers: InitAnswers): readonly string[] {
  const { contractsDir, workerDir } = answers;
  const created = [create(CONFIG, configText(answers))];
  const hasContracts =
    existsSync(contractsDir) && readdirSync(contractsDir).some((name) => name.endsWith(".ts"));
  if (!hasContracts) {
    created.push(create(join(contractsDir, "email.ts"), SAMPLE_CONTRACT));
    const files = [
      [join(workerDir, "main.ts"), SAMPLE_WORKER],
      [join(workerDir, "handlers", "email-send.ts"), SAMPLE_HANDLER],
    ] as const;
    for (const [path, text] of files) if (!existsSync(path)) created.push(create(path, text));
  }
  if (!existsSync(TSCONFIG)) created.push(create(TSCONFIG, SAMPLE_TSCONFIG));
  return created;
}

function create(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { flag: "wx" });
  return path;
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
  return `${terminal.talkColors.green("✔")} Next: npx taskora dev`;
}
