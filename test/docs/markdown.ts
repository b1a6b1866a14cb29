/** A fenced block of a Markdown file. */
export interface CodeBlock {
  /** The file, relative to the project. */
  readonly document: string;
  /** Line of the first line of text, from 1. */
  readonly line: number;
  readonly language: string;
  /** Words after the language: `run`, `file=name.ts`. */
  readonly flags: readonly string[];
  readonly text: string;
  /** What precedes and follows the text when it is compiled. */
  readonly setup: Setup;
}

/** Code that the reader need not see: `before` and `after` the block, from the last `<!-- setup … -->` above it. */
export interface Setup {
  readonly before: string;
  readonly after: string;
  /** Line of the first line of `before`, from 1. */
  readonly line: number;
}

/** What a test needs of one Markdown file. */
export interface MarkdownFile {
  readonly document: string;
  readonly blocks: readonly CodeBlock[];
  /** Targets of all links outside of code, in order. */
  readonly links: readonly string[];
  /** What a link may name after `#`. */
  readonly anchors: readonly string[];
  readonly text: string;
}

/** Where a document sets nothing up, its excerpts may still use an app and a job. */
const NO_SETUP: Setup = {
  before: 'declare const taskora: import("taskora").Taskora, job: import("taskora").JobHandle;',
  after: "",
  line: 1,
};
const FENCE = /^(`{3,})\s*(\S*)\s*(.*)$/;
const SETUP = /^<!-- setup\s*$/;

/** Reads the parts of a Markdown file that can be checked. */
export function parseMarkdown(document: string, text: string): MarkdownFile {
  const lines = text.split("\n");
  const blocks: CodeBlock[] = [];
  const prose: string[] = [];
  let setup = NO_SETUP;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const fence = FENCE.exec(line);
    if (SETUP.test(line)) {
      const end = endOf(lines, index, (candidate) => candidate === "-->", document);
      setup = parseSetup(lines.slice(index + 1, end), index + 2);
      index = end;
    } else if (fence !== null) {
      const [, ticks = "", language = "", info = ""] = fence;
      const end = endOf(lines, index, (candidate) => candidate === ticks, document);
      const flags = info.split(/\s+/).filter((flag) => flag !== "");
      const code = lines.slice(index + 1, end).join("\n");
      blocks.push({ document, line: index + 2, language, flags, text: code, setup });
      index = end;
    } else prose.push(line);
  }
  return { document, blocks, links: linksOf(prose), anchors: anchorsOf(prose), text };
}

function endOf(
  lines: readonly string[],
  start: number,
  isEnd: (line: string) => boolean,
  document: string,
): number {
  const end = lines.findIndex((line, index) => index > start && isEnd(line.trimEnd()));
  if (end === -1) throw new Error(`${document}:${start + 1} opens a block that nothing closes`);
  return end;
}

/** A line `// after` parts what precedes the block from what follows it. */
function parseSetup(lines: readonly string[], line: number): Setup {
  const cut = lines.indexOf("// after");
  const before = cut === -1 ? lines : lines.slice(0, cut);
  const after = cut === -1 ? [] : lines.slice(cut + 1);
  return { before: before.join("\n"), after: after.join("\n"), line };
}

function linksOf(prose: readonly string[]): string[] {
  const text = prose.join("\n").replace(/`[^`\n]*`/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
}

/** As GitHub makes them: lower case, punctuation gone, blanks as dashes. */
function anchorsOf(prose: readonly string[]): string[] {
  const headings = prose.flatMap((line) => /^#{1,6} (.*)$/.exec(line)?.[1] ?? []);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replace(/\s/g, "-"),
  );
}

/** The value of a flag such as `file=name.ts`. */
export function flagValue(block: CodeBlock, name: string): string | undefined {
  const found = block.flags.find((flag) => flag.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}
