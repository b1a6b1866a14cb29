/** A second process of a measurement: forked from the first, told what to do over its channel. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Spec } from "./spec.js";

/** What the second process says when it is asked to stop. */
export interface PartnerReport<Answer> {
  readonly answer: Answer;
  /** CPU it used from `go` to `stop`, in µs. */
  readonly nodeMicros: number;
}

export type PartnerMessage = "ready" | { readonly report: PartnerReport<unknown> };
export type PartnerOrder = "go" | "stop";

/** The first process's side. */
export class Partner {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when the second process has set itself up. */
  static async start(spec: Spec): Promise<Partner> {
    const script = process.argv[1] as string;
    const child = fork(script, [JSON.stringify({ ...spec, role: "partner" })], {
      execArgv: process.execArgv,
    });
    process.once("exit", () => child.kill("SIGKILL"));
    await nextMessage(child, "get ready");
    return new Partner(child);
  }

  go(): void {
    this.#child.send("go" satisfies PartnerOrder);
  }

  /** Ends the second process and hands over what it found. */
  async stop<Answer>(): Promise<PartnerReport<Answer>> {
    this.#child.send("stop" satisfies PartnerOrder);
    const message = (await nextMessage(this.#child, "report")) as { readonly report: PartnerReport<Answer> };
    const gone = once(this.#child, "exit");
    this.#child.disconnect();
    await gone;
    return message.report;
  }
}

async function nextMessage(child: ChildProcess, what: string): Promise<unknown> {
  const aborter = new AbortController();
  const { signal } = aborter;
  try {
    return await Promise.race([
      once(child, "message", { signal }).then(([message]: unknown[]) => refuseFailure(message)),
      once(child, "exit", { signal }).then(() => {
        throw new Error(`the second process ended before it could ${what}`);
      }),
    ]);
  } finally {
    aborter.abort();
  }
}

function refuseFailure(message: unknown): unknown {
  if (typeof message === "object" && message !== null && "failed" in message) {
    throw new Error(`the second process failed: ${String(message.failed)}`);
  }
  return message;
}
