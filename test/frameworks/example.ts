/** An example as a process of its own, and what people and pages ask it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { EXAMPLES } from "./installed.js";

const children = new Set<ChildProcess>();

process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** Name and password of the examples. */
export const ADA = { authorization: `Basic ${Buffer.from("ada:lovelace").toString("base64")}` };

/** How an example is started. */
export interface Start {
  readonly folder: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** A running example. */
export class Example {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #origin = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts one, and waits until it says where it is. */
  static async start({ folder, command, args }: Start): Promise<Example> {
    const child = spawn(command, args, {
      cwd: join(EXAMPLES, folder),
      env: {
        ...process.env,
        PORT: "0",
        NEXT_TELEMETRY_DISABLED: "1",
        NODE_ENV: undefined,
        VITEST: undefined,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.add(child);
    child.once("close", () => children.delete(child));
    const example = new Example(child);
    const told = new Promise<string>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        if (stream === null) continue;
        createInterface({ input: stream }).on("line", (line) => {
          example.#lines.push(line);
          const [, port] = /http:\/\/(?:127\.0\.0\.1|localhost):(\d+)/.exec(line) ?? [];
          if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
        });
      }
      child.once("close", () => reject(new Error(`${folder} ended early:\n${example.#lines.join("\n")}`)));
    });
    example.#origin = await told;
    return example;
  }

  /** What it said so far. */
  get said(): string {
    return this.#lines.join("\n");
  }

  /** Asks for a page or a call of the board. */
  get(path: string, headers: Record<string, string> = ADA): Promise<Response> {
    return fetch(`${this.#origin}${path}`, { headers, redirect: "manual" });
  }

  /** Asks for a change, as a page of the board does. */
  change(method: "POST" | "DELETE", path: string, headers: Record<string, string> = ADA): Promise<Response> {
    return fetch(`${this.#origin}${path}`, {
      method,
      headers: {
        ...{ "content-type": "application/json", "x-taskora-board": "1", origin: this.#origin },
        ...headers,
      },
      body: "{}",
    });
  }

  /** The first events of a stream, which is left open while `then` runs. */
  async events(
    path: string,
    count: number,
    then: () => Promise<void> = async () => undefined,
  ): Promise<string[]> {
    const gone = new AbortController();
    const response = await fetch(`${this.#origin}${path}`, {
      headers: { ...ADA, accept: "text/event-stream" },
      signal: gone.signal,
    });
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    const events: string[] = [];
    let text = "";
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      events.push(
        ...[...text.matchAll(/^event: ?(\S+)$/gm)].slice(events.length).map(([, name]) => name ?? ""),
      );
      if (events.length >= count) break;
    }
    await then();
    gone.abort();
    return events;
  }

  /** Opens a connection and sends nothing, as browsers do ahead. */
  async connect(): Promise<void> {
    const socket = connect(Number(new URL(this.#origin).port), "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
  }

  /**
   * Asks it to end, as whoever deploys does.
   *
   * @returns how it ended: with code 0, or, as Nest does, by the signal that it was sent
   */
  async end(): Promise<number | NodeJS.Signals> {
    const closed = once(this.#child, "close");
    this.#child.kill("SIGTERM");
    const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null];
    return code ?? signal ?? -1;
  }
}
