import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { runs, type Session } from "./execute.js";
import { excludes, needs } from "./flag-rules.js";
import { addGlobals } from "./globals.js";
import { addOperations } from "./operate/declare.js";
import { examples } from "./operate/flags.js";
import type { Colors, Terminal } from "./terminal.js";

const EXIT_CODES = `
Exit codes:
  0 fine    1 a bug    2 cannot run    3 declined    4 stale or findings
  5 breaking change    6 not found     7 critical (doctor)`;

/** Builds the command line. Commands are loaded when they run, so that `--help` answers at once. */
export function buildProgram(terminal: Terminal, format: Session["format"]): Command {
  const program = addGlobals(new Command("taskora"))
    .description("Compiles Zod contracts into typed task clients and worker handlers.")
    .version(packageVersion(), "-V, --version", "print the version")
    .addOption(new Option("-v").hideHelp())
    .helpOption("-h, --help", "show help")
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({
      showGlobalOptions: true,
      subcommandTerm: nameWithArguments,
      ...titles(terminal.outColors),
    })
    .configureOutput({
      ...{ getOutHasColors: () => true, getErrHasColors: () => true },
      writeOut: (text) => terminal.out(text.replace(/\n$/, "")),
      writeErr: (text) => terminal.complain(text.replace(/\n$/, "")),
    })
    .addHelpText(
      "after",
      `${examples(["taskora init", "taskora generate --watch", "taskora check"])}${EXIT_CODES}`,
    )
    .on("option:v", () => printVersion(terminal));
  // A caller of --json reads the object on stdout; nobody reads a sentence beside it.
  if (format === "json") program.configureOutput({ writeErr: () => undefined });
  else program.showHelpAfterError("(taskora --help lists the commands)");
  const session: Session = { terminal, format, program };
  addContracts(program.commandsGroup("Contracts:"), session);
  addDiff(program, session);
  addOperations(program.commandsGroup("Operate:"), session);
  addStores(program.commandsGroup("Stores:"), session);
  addGeneral(program.commandsGroup("Command line:").helpCommand("help [command]", "show help"), session);
  return program;
}

function addContracts(program: Command, session: Session): void {
  const init = program.command("init").description("create taskora.config.ts and a sample contract");
  init
    .option("-y, --yes", "take the suggested answers without asking")
    .addHelpText("after", examples(["taskora init", "taskora init --yes"]));
  runs(init, session, async () => (await import("./commands/init.js")).runInit);

  const generate = withConfig(program.command("generate"))
    .description("write clients, handler types and new handler files")
    .option("-w, --watch", "generate again whenever a contract or the config changes")
    .option("--dry-run", "say what would be written, and write nothing")
    .option("--overwrite", "overwrite generated files that were edited by hand")
    .addHelpText("after", examples(["taskora generate", "taskora generate --dry-run --json"]));
  excludes(generate, ["watch", "dryRun"], "one writes after each change, the other writes nothing");
  runs(generate, session, async () => (await import("./commands/generate.js")).runGenerate);

  const dev = withConfig(program.command("dev"))
    .description("a store, your worker with reload and generate --watch in one terminal")
    .option(
      "--store <url>",
      "redis://…, postgres://…, pglite:FOLDER or memory, in place of a Redis of its own",
    )
    .option("--worker <file>", "what starts the worker (default: src/worker/main.ts)")
    .addHelpText("after", examples(["taskora dev", "taskora dev --store pglite:./data"]));
  runs(dev, session, async () => (await import("./dev/dev.js")).runDev);

  const check = withConfig(program.command("check"))
    .description("for CI: what is stale, missing, orphaned or against a rule")
    .addHelpText("after", examples(["taskora check", "taskora check --json | jq .findings"]));
  runs(check, session, async () => (await import("./commands/check.js")).runCheck);

  const sync = withConfig(program.command("sync"))
    .description("let handler files follow renamed tasks")
    .option("--dry-run", "say what would be written, and write nothing")
    .addHelpText("after", examples(["taskora sync --dry-run", "taskora sync"]));
  runs(sync, session, async () => (await import("./commands/sync.js")).runSync);
}

function addDiff(program: Command, session: Session): void {
  const diff = withConfig(program.command("diff"))
    .description("what a change breaks, and in which order to roll it out")
    .option("--against <source>", "git:REVISION, or a folder with lock files (default: the lock)")
    .option("--format <format>", "text, github, sarif, junit or markdown", "text")
    .option("--accept <id...>", "accept changes, by the ids that diff shows; needs --reason")
    .option("--reason <text>", "why the changes are accepted")
    .option("--live", "parse the jobs of a store with the contracts, read-only")
    .option("--task <task...>", "with --live: only these, names or patterns such as email.*")
    .option("--limit <jobs>", "with --live: jobs sampled per task and state, 1 to 1000", "200")
    .option("--show-payloads", "with --live: show the payloads that fail")
    .addHelpText(
      "after",
      examples([
        "taskora diff --against git:main",
        "taskora diff --against git:main --format github",
        "taskora diff --live --store redis://localhost:6379",
      ]),
    );
  withStore(diff, "with --live: ");
  needs(diff, { accept: "reason", reason: "accept" });
  for (const name of ["store", "prefix", "task", "limit", "showPayloads"]) needs(diff, { [name]: "live" });
  for (const name of ["against", "accept"]) {
    excludes(diff, ["live", name], "jobs are parsed with the contracts of today, not compared");
  }
  excludes(diff, ["json", "format"], "--json prints its own form");
  runs(diff, session, async () => (await import("./commands/diff.js")).runDiff);

  const explain = program
    .command("explain")
    .argument("[rule]", "the id of a rule, such as FIELD_RENAME; without it all are listed")
    .description("the rules of diff, or one of them in detail")
    .addHelpText("after", examples(["taskora explain", "taskora explain FIELD_RENAME"]));
  runs(explain, session, async () => (await import("./commands/explain.js")).runExplain);
}

function addStores(program: Command, session: Session): void {
  const migrate = program
    .command("migrate")
    .description("make the schema of a PostgreSQL store, or update it")
    .option("--store <url>", "postgres://… (default: TASKORA_STORE)")
    .option("--schema <name>", "where everything is kept", "taskora")
    .option("--sql", "print the statements instead of running them")
    .addHelpText(
      "after",
      examples([
        "taskora migrate --store postgres://localhost:5432/shop",
        "taskora migrate --sql > taskora.sql",
      ]),
    );
  excludes(migrate, ["sql", "store"], "the statements are the same for every store");
  runs(migrate, session, async () => (await import("./commands/migrate.js")).runMigrate);
}

function addGeneral(program: Command, session: Session): void {
  const status = withConfig(program.command("status"))
    .description("where this project stands, as taskora alone")
    .addHelpText("after", examples(["taskora", "taskora status --json"]));
  withStore(status, "");
  runs(status, session, async () => (await import("./commands/status.js")).runStatus);

  const completion = program
    .command("completion")
    .argument("<shell>", "bash, zsh or fish")
    .description("print a script that completes commands and tasks")
    .addHelpText(
      "after",
      examples([
        'eval "$(taskora completion bash)"          # in ~/.bashrc',
        'eval "$(taskora completion zsh)"           # in ~/.zshrc, after compinit',
        "taskora completion fish | source           # in ~/.config/fish/config.fish",
      ]),
    );
  runs(completion, session, async () => {
    const { runCompletion } = await import("./commands/completion.js");
    return (flags: { readonly shell: string }, context) => runCompletion(flags.shell, program, context);
  });
}

function withConfig(command: Command): Command {
  return command.option("-c, --config <file>", "the config file (default: the nearest taskora.config.ts)");
}

function withStore(command: Command, when: string): Command {
  return command
    .option("--store <url>", `${when}redis://, postgres://, pglite:FOLDER (default: TASKORA_STORE)`)
    .option("--prefix <text>", `${when}the prefix of the keys, or the schema in PostgreSQL`);
}

/** Every command has flags: to say so on each line helps nobody. */
function nameWithArguments(command: Command): string {
  const values = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [command.name(), ...values].join(" ");
}

/** Help with bold titles and cyan terms, where there are colours. */
function titles({ bold, cyan }: Colors) {
  return { styleTitle: bold, styleSubcommandTerm: cyan, styleOptionTerm: cyan };
}

function packageVersion(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version;
}

/** `-v`, which many people try; commander knows one short form. */
function printVersion(terminal: Terminal): never {
  const version = packageVersion();
  terminal.out(version);
  throw new CommanderError(0, "commander.version", version);
}
