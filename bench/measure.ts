/** Runs one measurement: a store of its own, a process of its own, both gone afterwards. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { ChildMessage } from "./child.js";
import { CHILD_SCRIPT } from "./prepare.js";
import type { Spec } from "./spec.js";
import { startStore } from "./stores.js";

/** A contender that does not come to an end is reported, not waited for. */
const LIMIT_MS = 240_000;

/** For profiles. */
export interface MeasureOptions {
  readonly nodeOptions?: readonly string[];
  readonly redisOptions?: readonly string[];
  /** Called when the process has ended and the store is still there. */
  readonly onEnd?: (storeUrl: string) => Promise<void>;
}

/** Never rejects because a contender failed: that is a finding. */
export async function measure(
  spec: Omit<Spec, "storeUrl" | "storePid" | "role">,
  { nodeOptions = [], redisOptions = [], onEnd }: MeasureOptions = {},
): Promise<ChildMessage> {
  const server = await startStore(spec.store, redisOptions);
  try {
    const full: Spec = { ...spec, storeUrl: server.url, storePid: server.pid ?? 0, role: "main" };
    const child = fork(CHILD_SCRIPT, [JSON.stringify(full)], {
      execArgv: [...nodeOptions],
      env: { ...process.env, NODE_ENV: "production" },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const answer = await answerOf(child);
    await onEnd?.(server.url);
    return answer;
  } finally {
    await server.stop();
  }
}

async function answerOf(child: ChildProcess): Promise<ChildMessage> {
  let message: ChildMessage | undefined;
  let complaints = "";
  child.stderr?.on("data", (chunk) => {
    complaints = `${complaints}${chunk}`.slice(-2000);
  });
  child.on("message", (told) => {
    message = told as ChildMessage;
  });
  const killWithUs = () => child.kill("SIGKILL");
  process.once("exit", killWithUs);
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  const [code, signal]: unknown[] = await once(child, "exit");
  clearTimeout(timer);
  process.off("exit", killWithUs);
  if (message !== undefined) return message;
  const how =
    signal === "SIGKILL" ? `took more than ${LIMIT_MS / 1000} s` : `ended with ${String(signal ?? code)}`;
  return { failed: `the process ${how}. ${complaints}`.trim() };
}
