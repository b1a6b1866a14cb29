/** What somebody typed and saw, as the blocks of a page show it: lines that begin with `$ ` are commands, what follows them is seen. */

export interface Step {
  readonly command: string;
  readonly seen: string;
}

const PROMPT = "$ ";

/** Reads the steps of one block. */
export function stepsOf(text: string): readonly Step[] {
  const steps: { command: string; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith(PROMPT)) steps.push({ command: line.slice(PROMPT.length), lines: [] });
    else steps.at(-1)?.lines.push(line);
  }
  return steps.map(({ command, lines }) => ({ command, seen: lines.join("\n").trimEnd() }));
}

export function blockOf(steps: readonly Step[]): string {
  return steps
    .map(({ command, seen }) => [PROMPT + command, ...(seen === "" ? [] : [seen])].join("\n"))
    .join("\n\n");
}

/** Splits a command as a shell does: by blanks, with quotes around what holds some. */
export function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

/** What `doctor` says of a machine that is slow. */
const SLOWNESS = /^warning +(?:waits|latency)\n(?: {10}.*\n)+\n/gm;

/** What of an output is the same each time it is run: not how long something took, how far it has come meanwhile, and where a cell is cut. */
export function shapeOf(seen: string): string {
  return seen
    .replaceAll(SLOWNESS, "")
    .replaceAll(/ {2}\S[^\n]*…$/gm, "  CUT")
    .replaceAll(/^[\w-]{12,}$/gm, "ID")
    .replaceAll(/\b(?:\d+(?:\.\d+)?(?:ms|[smhd])(?=\b|\d))+/g, "TIME")
    .replaceAll(/\d[\d .,:-]*\d|\d/g, "N")
    .replaceAll(/[ \t]+/g, " ")
    .replaceAll(/ $/gm, "");
}
