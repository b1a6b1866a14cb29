import { createHook } from "node:async_hooks";
import { isOfLoader } from "./stack.js";

/** Something a module left behind, or reached out for, while it was loaded. */
export interface SideEffect {
  /** What it is, as a sentence goes on after "loading it": `opens a socket`. */
  readonly what: string;
  readonly stack: string;
  /** The contract file that was being loaded. */
  readonly loading: string;
}

/** Resources that are a finding as soon as they are made. */
const OPENED: Readonly<Record<string, string>> = {
  TCPWRAP: "opens a socket",
  TCPSERVERWRAP: "listens on a port",
  TLSWRAP: "opens a TLS socket",
  PIPEWRAP: "opens a pipe",
  PIPESERVERWRAP: "listens on a pipe",
  UDPWRAP: "opens a UDP socket",
  GETADDRINFOREQWRAP: "looks up a host name",
  QUERYWRAP: "asks a name server",
  PROCESSWRAP: "starts a process",
  WORKER: "starts a worker thread",
  FSEVENTWRAP: "watches files",
  STATWATCHER: "watches a file",
};

interface TimerResource {
  hasRef?: () => boolean;
  _destroyed?: boolean;
}

interface Entry {
  readonly effect: SideEffect;
  readonly timer: TimerResource | undefined;
}

/**
 * Watches for sockets, processes and timers made while contract modules are loaded. What the loader makes to read
 * them is no finding: it starts its compiler's thread with the first file that is not in its cache.
 * Timers count only when they still keep the process alive at the end.
 */
export function watchSideEffects(): {
  /** Says which contract file is loaded next. */
  entering(file: string): void;
  /** What happened, oldest first, after pending close events had their turn. */
  finish(): Promise<SideEffect[]>;
} {
  const entries = new Map<number, Entry>();
  let loading = "";
  const hook = createHook({
    init(asyncId, type, _trigger, resource) {
      if (loading === "") return;
      const what = type === "Timeout" ? "leaves a timer running" : OPENED[type];
      if (what === undefined) return;
      const stack = new Error(what).stack ?? "";
      if (isOfLoader(stack)) return;
      const timer = type === "Timeout" ? (resource as TimerResource) : undefined;
      entries.set(asyncId, { effect: { what, stack, loading }, timer });
    },
  });
  hook.enable();
  return {
    entering(file) {
      loading = file;
    },
    async finish() {
      await new Promise<void>((done) => setImmediate(done));
      loading = "";
      hook.disable();
      return [...entries.values()].filter(isLeftOver).map((entry) => entry.effect);
    },
  };
}

function isLeftOver({ timer }: Entry): boolean {
  if (timer === undefined) return true;
  return timer._destroyed !== true && timer.hasRef?.() === true;
}
