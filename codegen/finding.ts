import { TaskoraError } from "../src/core/errors.js";

/** What the process that ran into a finding exits with, see `docs/generator.md`. */
export const EXIT_CODES = {
  ok: 0,
  bug: 1,
  cannotRun: 2,
  declined: 3,
  findings: 4,
  breaking: 5,
  notFound: 6,
  /** Of `taskora doctor`: jobs may be lost, or do not run. */
  critical: 7,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

interface FindingKind {
  /** One sentence on what it means, for the documentation. */
  readonly meaning: string;
  readonly exit: keyof typeof EXIT_CODES;
}

/** All codes a finding of the generator can have. */
export const FINDING_CODES = {
  COMMAND_LINE: { exit: "cannotRun", meaning: "The command line is wrong: a command, a flag or a value." },
  BUG: { exit: "bug", meaning: "taskora itself failed. Please report it." },
  CONFIG_EXISTS: {
    exit: "declined",
    meaning: "There is a `taskora.config.ts` already, and `init` overwrites nothing.",
  },
  DECLINED: {
    exit: "declined",
    meaning: "Somebody was asked, and said no; or nobody could be asked, and `--yes` was not given.",
  },
  RULE_UNKNOWN: { exit: "notFound", meaning: "`explain` was asked for a rule that does not exist." },
  CONFIG_NOT_FOUND: {
    exit: "cannotRun",
    meaning: "There is no `taskora.config.ts` where it was looked for.",
  },
  CONFIG_INVALID: {
    exit: "cannotRun",
    meaning: "The config has an unknown key, or a value of a wrong type.",
  },
  CONFIG_THREW: { exit: "cannotRun", meaning: "The config could not be loaded." },
  CONFIG_NO_CONTRACTS: { exit: "cannotRun", meaning: "No file matches the contract patterns." },
  CONFIG_NO_TASKS: { exit: "findings", meaning: "A task pattern of an output selects nothing." },
  DEPENDENCY_MISSING: {
    exit: "cannotRun",
    meaning: "An optional package that the generator needs is not installed.",
  },
  LOAD_FAILED: { exit: "bug", meaning: "The process that loads the contracts died without a report." },
  CONTRACT_THREW: { exit: "cannotRun", meaning: "A contract module threw while it was loaded." },
  CONTRACT_TIMEOUT: { exit: "cannotRun", meaning: "A contract module did not finish loading in time." },
  CONTRACT_EXITED: { exit: "cannotRun", meaning: "A contract module ended the process while it was loaded." },
  CONTRACT_SIDE_EFFECT: {
    exit: "cannotRun",
    meaning: "A contract module opened a socket, a process or a timer while it was loaded.",
  },
  CONTRACT_NOT_EXPORTED: {
    exit: "findings",
    meaning: "A contract is defined but no contract file exports it.",
  },
  CONTRACT_NONE: { exit: "findings", meaning: "The contract files export no contract." },
  CONTRACT_NOT_DETERMINISTIC: { exit: "findings", meaning: "Two loads gave two different contracts." },
  TASK_DUPLICATE: {
    exit: "findings",
    meaning: "Two contracts have the same name, or one the alias of another.",
  },
  TASK_NAME_INVALID: { exit: "cannotRun", meaning: "A task name is outside the pattern." },
  IDENTIFIER_CLASH: { exit: "findings", meaning: "Two task names give one identifier." },
  TYPE_NOT_JSON: { exit: "findings", meaning: "A schema accepts a value that JSON cannot carry." },
  VALUE_NOT_JSON: {
    exit: "findings",
    meaning: "A default, literal or enum value is one that JSON cannot carry.",
  },
  UNDEFINED_IN_LIST: {
    exit: "findings",
    meaning: "A list may hold `undefined`, which JSON turns into null.",
  },
  UNDEFINED_REQUIRED: {
    exit: "findings",
    meaning: "A required key may hold `undefined`, which JSON leaves out.",
  },
  TRANSFORM_IN_OUTPUT: {
    exit: "findings",
    meaning: "An output schema has a transform that cannot be undone.",
  },
  CONTRACT_PATH: {
    exit: "findings",
    meaning: "A contract's path has a character that an import cannot carry.",
  },
  OUTPUT_LEFT: { exit: "findings", meaning: "A folder was generated once, and the config names it no more." },
  SCHEMA_UNKNOWN: {
    exit: "findings",
    meaning: "A schema uses a kind or an option the generator does not know.",
  },
  SCHEMA_ENDLESS: { exit: "findings", meaning: "A schema makes new schemas without end." },
  SCHEMA_TOO_LARGE: { exit: "findings", meaning: "A schema has more parts than any message should have." },
  SCHEMA_NOT_ZOD: { exit: "findings", meaning: "A schema is no zod 4 schema, so it cannot be compiled." },
  UNION_TAGS: {
    exit: "findings",
    meaning: "A discriminated union cannot tell its options apart; zod throws.",
  },
  SCHEMA_FAILED: { exit: "findings", meaning: "Reading a schema ran code of the contract, which threw." },
  ZOD_VERSIONS: { exit: "findings", meaning: "Schemas of two zod versions meet in one project." },
  LOCK_CONFLICT: { exit: "cannotRun", meaning: "A lock file holds merge markers." },
  LOCK_CORRUPT: { exit: "cannotRun", meaning: "A lock file or manifest cannot be read." },
  OUTPUT_EDITED: { exit: "declined", meaning: "A generated file was edited by hand." },
  OUTPUT_FOREIGN: { exit: "declined", meaning: "An output folder holds files the generator did not write." },
  OUTPUT_UNWRITABLE: { exit: "cannotRun", meaning: "The system refuses to let generated files be written." },
  OUTPUT_BUSY: { exit: "cannotRun", meaning: "Another run of the generator is writing." },
  OUTPUT_STALE: { exit: "findings", meaning: "Generated files differ from what the contracts give." },
  BASELINE_MISSING: { exit: "cannotRun", meaning: "There is no lock to compare the contracts with." },
  TASK_UNKNOWN: { exit: "notFound", meaning: "No task has a name like the one that was given." },
  STORE_UNNAMED: { exit: "cannotRun", meaning: "A command needs a store, and none was named." },
  STORE_UNREADABLE: { exit: "cannotRun", meaning: "The store does not answer, or cannot be used." },
  BOARD_UNREADABLE: {
    exit: "cannotRun",
    meaning: "The board does not answer, does not know who asks, or does not let them do this.",
  },
  JOB_UNKNOWN: { exit: "notFound", meaning: "The store holds no job of the id that was given." },
  SCHEDULE_UNKNOWN: { exit: "notFound", meaning: "The store holds no schedule of the name that was given." },
  WORKER_UNKNOWN: { exit: "notFound", meaning: "No live worker has the id that was given." },
  WORKFLOW_UNKNOWN: { exit: "notFound", meaning: "The store holds no workflow of the id that was given." },
  CHANGE_REFUSED: {
    exit: "findings",
    meaning: "A change was asked for that the state of a job, or of another thing, does not allow.",
  },
  DATA_INVALID: {
    exit: "cannotRun",
    meaning: "What a job should be given is no JSON, or does not fit its contract.",
  },
  FILE_UNREADABLE: {
    exit: "cannotRun",
    meaning: "A file that a command should read is not there, or not in its form.",
  },
  STOPPED: {
    exit: "declined",
    meaning: "Somebody stopped the command before it was done; it says how far it came.",
  },
  MIGRATION_FAILED: { exit: "cannotRun", meaning: "The schema of a store could not be brought up to date." },
  JOB_UNREADABLE: {
    exit: "breaking",
    meaning: "Jobs in the store do not parse with the contracts of today.",
  },
  APPROVAL_INVALID: { exit: "cannotRun", meaning: "`--accept` names no change, or gives no reason." },
  VALIDATOR_NONE: {
    exit: "findings",
    meaning: "A task has no printed validator, since code of its contract decides.",
  },
  LINT_STRICT_OBJECT: {
    exit: "findings",
    meaning: "A strict object travels, so that no key can be added without refusing it.",
  },
  LINT_CATCH: { exit: "findings", meaning: "A schema replaces wrong values without a word." },
  LINT_LOOSE_OBJECT: { exit: "findings", meaning: "Keys that nobody declared travel." },
  LINT_COERCE: { exit: "findings", meaning: "A schema turns values of any type into its own." },
  LINT_ANY: { exit: "findings", meaning: "A schema accepts everything, so nothing of it is checked." },
  HANDLER_MISSING: { exit: "findings", meaning: "A task has no handler file." },
  HANDLER_ORPHANED: { exit: "findings", meaning: "A handler file is for a task that does not exist." },
} as const satisfies Record<string, FindingKind>;

export type FindingCode = keyof typeof FINDING_CODES;

/** A place in a source file; line and column count from 1. */
export interface SourcePosition {
  /** Absolute path. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** One thing the generator has to say about the project. Plain data. */
export interface Finding {
  /** Stable; its document says what to do. */
  readonly code: FindingCode;
  /** A warning is shown, but changes no exit code. */
  readonly severity: "error" | "warning";
  /** What happened, and why it is a problem. */
  readonly message: string;
  /** What to do, ending with the next command where there is one. */
  readonly hint: string;
  /** Undefined: it is about no task, such as one about the configuration. */
  readonly task?: string;
  /** Where in a schema of the task, as `input.items[].price`: contracts that a function makes share one place `at`. */
  readonly path?: string;
  readonly at?: SourcePosition;
  /** More places that belong to it, such as the second definition of a name. */
  readonly also?: readonly { readonly label: string; readonly at: SourcePosition }[];
  /** Absolute paths (or package names) from a contract file to the module at fault. */
  readonly importChain?: readonly string[];
  /** A diff, a list of files or a foreign stack, shown indented. */
  readonly details?: string;
}

/** Makes an error finding. */
export function errorFinding(code: FindingCode, finding: Omit<Finding, "code" | "severity">): Finding {
  return { code, severity: "error", ...finding };
}

/** Makes a warning: it is shown, but changes no exit code. */
export function warningFinding(code: FindingCode, finding: Omit<Finding, "code" | "severity">): Finding {
  return { code, severity: "warning", ...finding };
}

/** The generator stopped. `findings` says why; nothing was written. */
export class CodegenError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "CodegenError";
  override readonly name: string = "CodegenError";
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    const lines = findings.map(({ code, task, path, message, hint }) =>
      [`${code}:`, ...(path === undefined ? [] : [`${task} ${path}:`]), message, hint].join(" "),
    );
    super("CODEGEN_FAILED", lines.join("\n"));
    this.findings = findings;
  }
}

/** The exit code for a list of findings: the most severe kind wins, warnings count for nothing. */
export function exitCodeFor(findings: readonly Finding[]): ExitCode {
  const kinds = new Set(
    findings
      .filter((finding) => finding.severity === "error")
      .map((finding) => FINDING_CODES[finding.code].exit),
  );
  for (const kind of ["bug", "cannotRun", "declined", "notFound", "breaking", "findings"] as const) {
    if (kinds.has(kind)) return EXIT_CODES[kind];
  }
  return EXIT_CODES.ok;
}

/** Throws when one of the findings is an error. @throws {CodegenError} */
export function throwOnErrors(findings: readonly Finding[]): void {
  if (findings.some((finding) => finding.severity === "error")) throw new CodegenError(findings);
}
