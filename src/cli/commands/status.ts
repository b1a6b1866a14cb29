import type { CheckResult, ConfigSummary, Finding } from "../../../codegen/commands.js";
import type { Context, Outcome } from "../outcome.js";
import { count, shortPath } from "../report.js";
import type { Terminal } from "../terminal.js";
import { type ConfigFlags, projectOptions } from "./project.js";
import { type NamedStore, namedStore, openStore, type StoreFlags, shownUrl } from "./store.js";

/** Somebody waits for the screen: a store that does not answer at once is as good as away. */
const DEADLINE = "2s";

/** Runs `taskora` without a command: where the project stands and what comes next. The code is 0 whatever it finds. */
export async function runStatus(flags: ConfigFlags & StoreFlags, context: Context): Promise<Outcome> {
  const project = projectOptions(flags, context.terminal);
  const reading = await configOf(project, context);
  if ("findings" in reading) return withoutConfig(reading.findings, flags, context);
  const { config } = reading;
  const [checked, store] = await Promise.all([
    context.codegen.check(project),
    look(namedStore(flags, config.store)),
  ]);
  const status: Status = { config, checked, store, next: nextCommand(checked) };
  return {
    exitCode: 0,
    data: dataOf(status),
    findings: checked.findings,
    show: () => show(status, context.terminal),
  };
}

interface Status {
  readonly config: ConfigSummary;
  readonly checked: CheckResult;
  readonly store: StoreStatus | undefined;
  readonly next: string | undefined;
}

interface StoreStatus {
  readonly url: string;
  readonly from: NamedStore["from"];
  readonly answers: boolean;
  readonly reason?: string;
}

async function configOf(
  project: ReturnType<typeof projectOptions>,
  { codegen }: Context,
): Promise<{ readonly config: ConfigSummary } | { readonly findings: readonly Finding[] }> {
  try {
    return { config: await codegen.loadConfig(project) };
  } catch (error) {
    if (error instanceof codegen.CodegenError) return { findings: error.findings };
    throw error;
  }
}

/** No config is where everybody starts; one that was named, or that is broken, is an answer by its findings. */
function withoutConfig(findings: readonly Finding[], flags: ConfigFlags, context: Context): Outcome {
  const { terminal, codegen, showHelp } = context;
  const isStart = flags.config === undefined && findings.some(({ code }) => code === "CONFIG_NOT_FOUND");
  if (!isStart) throw new codegen.CodegenError(findings);
  return {
    exitCode: 0,
    data: { config: null, next: "taskora init" },
    findings: [],
    show: () => {
      showHelp();
      terminal.talk(
        `There is no taskora.config.ts here yet. ${terminal.talkColors.green("Next: npx taskora init")}`,
      );
    },
  };
}

async function look(store: NamedStore | undefined): Promise<StoreStatus | undefined> {
  if (store === undefined) return undefined;
  const { url, from } = store;
  const opened = await openStore(store, DEADLINE);
  if (opened.status === "closed") return { url: shownUrl(url), from, answers: false, reason: opened.reason };
  await opened.close();
  return { url: shownUrl(url), from, answers: true };
}

/** What mends most, or nothing when all is well. */
function nextCommand({ stale, findings }: CheckResult): string | undefined {
  const others = findings.filter(({ code, severity }) => severity === "error" && !MENDED.has(code));
  if (others.length > 0) return "taskora check";
  if (findings.some(({ code }) => code === "HANDLER_ORPHANED")) return "taskora sync";
  return stale.length > 0 || findings.some(({ code }) => MENDED.has(code)) ? "taskora generate" : undefined;
}

/** What `generate` or `sync` sets right. */
const MENDED: ReadonlySet<string> = new Set(["OUTPUT_STALE", "HANDLER_MISSING", "HANDLER_ORPHANED"]);

function dataOf({ config, checked, store, next }: Status): object {
  return {
    config: config.configFile === undefined ? null : shortPath(config.configFile),
    tasks: checked.tasks,
    stale: checked.stale,
    store: store ?? null,
    next: next ?? null,
  };
}

function show({ config, checked, store, next }: Status, terminal: Terminal): void {
  const { bold, green } = terminal.outColors;
  const rows: readonly (readonly [string, string])[] = [
    ["config", config.configFile === undefined ? "" : shortPath(config.configFile)],
    ["tasks", tasksText(checked)],
    ["generated", generatedText(checked, terminal)],
    ["handlers", handlersText(checked, terminal)],
    ["contracts", contractsText(checked, terminal)],
    ["store", storeText(store, terminal)],
  ];
  for (const [name, text] of rows) terminal.out(`${bold(name.padEnd(10))} ${text}`);
  terminal.out("");
  terminal.out(next === undefined ? green("✔ Nothing to do.") : `Next: ${bold(`npx ${next}`)}`);
}

/** More names than these do not help anybody. */
const MAX_NAMES = 3;

function tasksText({ tasks }: CheckResult): string {
  if (tasks.length === 0) return "none could be read";
  const names = tasks.slice(0, MAX_NAMES).map((task) => task.name);
  const rest = tasks.length > names.length ? " …" : "";
  return `${tasks.length}: ${names.join(", ")}${rest}`;
}

function generatedText(
  { stale, tasks }: CheckResult,
  { outColors: { green, yellow, dim } }: Terminal,
): string {
  if (stale.length > 0) return yellow(`${count(stale.length, "file")} stale`);
  return tasks.length === 0 ? dim("not looked at") : green("up to date");
}

function handlersText(
  { findings, tasks }: CheckResult,
  { outColors: { green, yellow, dim } }: Terminal,
): string {
  const amount = (code: Finding["code"]): number =>
    findings.filter((finding) => finding.code === code).length;
  const [missing, orphaned] = [amount("HANDLER_MISSING"), amount("HANDLER_ORPHANED")];
  const parts = [missing > 0 ? `${missing} missing` : "", orphaned > 0 ? `${orphaned} without a task` : ""];
  const text = parts.filter((part) => part !== "").join(", ");
  if (text !== "") return yellow(text);
  return tasks.length === 0 ? dim("not looked at") : green("all there");
}

function contractsText({ findings }: CheckResult, { outColors: { green, red, yellow } }: Terminal): string {
  const others = findings.filter(({ code }) => !MENDED.has(code));
  const errors = others.filter(({ severity }) => severity === "error").length;
  if (errors > 0) return red(`${count(errors, "problem")}, such as ${others[0]?.code ?? ""}`);
  return others.length > 0 ? yellow(count(others.length, "warning")) : green("sound");
}

function storeText(store: StoreStatus | undefined, { outColors: { green, red, dim } }: Terminal): string {
  if (store === undefined) return dim("none named (--store, TASKORA_STORE, or store in the config)");
  const named = `${store.url} ${dim(`(${store.from})`)}`;
  return `${named} ${store.answers ? green("answers") : red("does not answer")}`;
}
