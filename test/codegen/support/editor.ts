import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

/** A place an editor opens; line and column count from 1. */
export interface EditorPlace {
  readonly file: string;
  readonly start: { readonly line: number; readonly offset: number };
}

/** An editor on one file: it talks to TypeScript's server, which is what editors do. */
export interface Editor {
  /** Where "go to definition" leads from an offset of the file's text. */
  definition(offset: number): Promise<EditorPlace | undefined>;
  /** Names that are proposed at an offset. */
  completions(offset: number): Promise<readonly string[]>;
  /** Messages of the file's errors. */
  problems(): Promise<readonly string[]>;
  close(): void;
}

interface Message {
  readonly type: string;
  readonly request_seq?: number;
  readonly body?: unknown;
}

/** Opens a file. */
export function openEditor(file: string, text: string): Editor {
  const server = createRequire(import.meta.url).resolve("typescript/lib/tsserver.js");
  const child = spawn(process.execPath, [server, "--disableAutomaticTypingAcquisition"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = new Map<number, (body: unknown) => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (!line.startsWith("{")) return;
    const message = JSON.parse(line) as Message;
    if (message.type === "response") waiting.get(message.request_seq ?? -1)?.(message.body);
  });
  let last = 0;
  const send = (command: string, args: object): number => {
    last += 1;
    child.stdin.write(`${JSON.stringify({ seq: last, type: "request", command, arguments: args })}\n`);
    return last;
  };
  const ask = (command: string, args: object): Promise<unknown> =>
    new Promise((resolve) => waiting.set(send(command, args), resolve));
  send("open", { file, fileContent: text });
  const placeOf = (offset: number): object => {
    const before = text.slice(0, offset).split("\n");
    return { file, line: before.length, offset: (before.at(-1)?.length ?? 0) + 1 };
  };
  return {
    async definition(offset) {
      const [found] = ((await ask("definition", placeOf(offset))) ?? []) as EditorPlace[];
      return found;
    },
    async completions(offset) {
      const found = (await ask("completionInfo", placeOf(offset))) as
        | { readonly entries: readonly { readonly name: string }[] }
        | undefined;
      return (found?.entries ?? []).map(({ name }) => name);
    },
    async problems() {
      const found = (await ask("semanticDiagnosticsSync", { file })) as readonly { readonly text: string }[];
      return found.map((problem) => problem.text);
    },
    close: () => child.kill(),
  };
}
