/** An adapter over the store that `taskora dev` serves: every call goes through a socket, and comes back as it was answered. */
import { connect, type Socket } from "node:net";
import { TaskoraError } from "taskora";
import { type Adapter, StoreError } from "taskora/adapter";
import { memoryAdapter } from "taskora/memory";
import { type Answer, onMessages, type Request, send } from "./wire.js";

/** Makes the adapter; it connects with the first call, and again after the store was away. */
export function socketAdapter(path: string): Adapter {
  const link = new Link(path);
  // Whichever is on the other side has the verbs of memory; what else it could do goes through no socket.
  const shape = Object.assign(Object.create(memoryAdapter()) as object, { name: "taskora dev" });
  return mirrored(shape, [], link) as Adapter;
}

/** Answers `close` here, and hands every other call on. */
function mirrored(shape: object, path: readonly string[], link: Link): object {
  const made = new Map<string | symbol, unknown>();
  return new Proxy(shape, {
    get(target, name) {
      const known = made.get(name);
      if (known !== undefined) return known;
      const value: unknown = Reflect.get(target, name, target);
      const mirror = mirrorOf(value, [...path, String(name)], link);
      if (mirror !== value) made.set(name, mirror);
      return mirror;
    },
  });
}

function mirrorOf(value: unknown, path: readonly string[], link: Link): unknown {
  if (typeof value === "function") {
    if (path.length === 1 && path[0] === "close") return () => link.close();
    return (...args: readonly unknown[]) => link.call(path, args);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return mirrored(value, path, link);
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

type Listener = (...args: readonly unknown[]) => void;

class Link {
  readonly #path: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<number, Listener>();
  #socket: Socket | undefined;
  #lastId = 0;

  constructor(path: string) {
    this.#path = path;
  }

  call(path: readonly string[], args: readonly unknown[]): Promise<unknown> {
    const id = ++this.#lastId;
    const socket = this.#open();
    const at = args.findIndex((arg) => typeof arg === "function");
    const signal = signalIn(args);
    const listener = at < 0 ? undefined : (args[at] as Listener);
    const plain = args.map((arg, index) =>
      index === at ? undefined : index === signal?.at ? without(arg, signal.key) : arg,
    );
    if (listener !== undefined) this.#listeners.set(id, listener);
    const asked = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    const request: Request = {
      ...{ kind: "call", id, path, args: plain },
      ...(listener === undefined ? {} : { listener: at }),
      ...(signal === undefined ? {} : { signal: [signal.at, signal.key] as const }),
    };
    send(socket, request);
    const answered = listener === undefined ? asked : asked.then(() => () => this.#stop(id));
    return signal === undefined ? answered : this.#abortable(answered, id, signal.value);
  }

  close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
    return Promise.resolve();
  }

  async #abortable(answered: Promise<unknown>, id: number, signal: AbortSignal): Promise<unknown> {
    const abort = () => {
      if (this.#socket !== undefined) send(this.#socket, { kind: "abort", id });
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await answered;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  #stop(id: number): Promise<void> {
    this.#listeners.delete(id);
    if (this.#socket !== undefined) send(this.#socket, { kind: "stop", id });
    return Promise.resolve();
  }

  #open(): Socket {
    if (this.#socket !== undefined) return this.#socket;
    const socket = connect(this.#path);
    this.#socket = socket;
    onMessages<Answer>(socket, (answer) => this.#take(answer));
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      if (this.#socket === socket) this.#socket = undefined;
      const waiting = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { reject } of waiting) reject(away());
    });
    return socket;
  }

  #take(answer: Answer): void {
    if (answer.kind === "told") {
      this.#listeners.get(answer.id)?.(...answer.args);
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.kind === "result") waiting?.resolve(answer.value);
    else waiting?.reject(errorOf(answer));
  }
}

function signalIn(args: readonly unknown[]) {
  for (const [at, arg] of args.entries()) {
    if (typeof arg !== "object" || arg === null) continue;
    for (const [key, value] of Object.entries(arg))
      if (value instanceof AbortSignal) return { at, key, value };
  }
  return undefined;
}

function without(arg: unknown, key: string): unknown {
  const { [key]: _, ...rest } = arg as Record<string, unknown>;
  return rest;
}

function away(): StoreError {
  const message = "The store of taskora dev does not answer: it has ended. Start taskora dev again.";
  return new StoreError("STORE_UNAVAILABLE", message, { retryable: false });
}

function errorOf({ code, message }: Extract<Answer, { readonly kind: "error" }>): Error {
  return code === undefined ? new Error(message) : new TaskoraError(code as TaskoraError["code"], message);
}
