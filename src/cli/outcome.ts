import { isAbsolute } from "node:path";
import type { Finding } from "../../codegen/commands.js";
import { type Codegen, shortPath, talkFindings } from "./report.js";
import type { Terminal } from "./terminal.js";

/** A finding as `--json` lists it: its code may also be a rule of `diff`. */
export type ListedFinding = Omit<Finding, "code"> & { readonly code: string };

/** What a command came to. */
export interface Outcome {
  readonly exitCode: number;
  /** What was found or done; absent when the command could not run. */
  readonly data?: object;
  /** What `--json` lists; a code other than 0 comes with one that says why. */
  readonly findings: readonly ListedFinding[];
  /** `--json` prints it on one line: the last of several. */
  readonly isLine?: true;
  /** Tells people. */
  show(): void;
}

/** What a command runs with. */
export interface Context {
  readonly terminal: Terminal;
  readonly codegen: Codegen;
  /** Whether `--json` was asked for: nobody reads a question. */
  readonly isJson: boolean;
  /** Shows an outcome, as the one at the end is shown: for a command that goes on. */
  report(outcome: Outcome): void;
  /** Shows the help of the command line as a whole. */
  showHelp(): void;
}

/** A command: it neither ends the process nor prints JSON. May throw a `CodegenError`. */
export type Run<Flags> = (flags: Flags, context: Context) => Promise<Outcome>;

/** An outcome that is told by its findings alone, which also decide the exit code. */
export function failure(findings: readonly Finding[], { terminal, codegen }: Context): Outcome {
  return {
    exitCode: codegen.exitCodeFor(findings),
    findings,
    show: () => talkFindings(findings, terminal, codegen),
  };
}

/** As {@link failure}, of one error. */
export function refusal(error: Pick<Finding, "code" | "message" | "hint">, context: Context): Outcome {
  return failure([{ severity: "error", ...error }], context);
}

/** What `--json` prints, whatever the command and however it ended. */
export interface Envelope {
  /** Raised when a key changes its meaning or goes. */
  readonly v: 1;
  readonly command: string;
  readonly exitCode: number;
  /** What was found or done; null when the command could not run. */
  readonly data: object | null;
  readonly findings: readonly ListedFinding[];
}

/** The text of the one object of `--json`, with paths relative to the current folder and code frames filled in. */
export function envelopeText(
  command: string,
  { exitCode, data, findings }: Pick<Outcome, "exitCode" | "data" | "findings">,
  frame: Codegen["codeFrame"],
): string {
  const framed = findings.map((finding) =>
    finding.at === undefined ? finding : { ...finding, frame: frame(finding.at) },
  );
  const envelope: Envelope = { v: 1, command, exitCode, data: data ?? null, findings: framed };
  return JSON.stringify(relativePaths(envelope), undefined, 2);
}

/** One object on one line, for a command that prints several. */
export function asLine(text: string): string {
  return JSON.stringify(JSON.parse(text));
}

const PATH_KEYS = new Set(["file", "path"]);

function relativePaths(value: unknown, key = ""): unknown {
  if (typeof value === "string") return PATH_KEYS.has(key) && isAbsolute(value) ? shortPath(value) : value;
  if (Array.isArray(value)) {
    return value.map((item) =>
      key === "importChain" && isAbsolute(String(item)) ? shortPath(String(item)) : relativePaths(item),
    );
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, relativePaths(item, name)]));
}
