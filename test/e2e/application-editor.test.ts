import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { TaskoraOptions } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import { afterEach, describe, expect, it } from "vitest";
import { openEditor, type Tools } from "../../examples/applications/editor/app.js";
import { serve } from "../../examples/applications/editor/server.js";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";

const STORES: Readonly<Record<string, () => Promise<TaskoraOptions["adapter"]>>> = {
  memory: async () => memoryAdapter(),
  Redis: async () => redisAdapter((await sharedRedis()).url, { prefix: uniquePrefix() }),
};

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(store: string, tools: Partial<Tools>): Promise<string> {
  const adapter = await STORES[store]?.();
  if (adapter === undefined) throw new Error(`no store ${store}`);
  const editor = openEditor(adapter, { misspelt: async () => [], suggest: async (text) => text, ...tools });
  await editor.taskora.start();
  const server = serve(editor).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(
    async () => server.close().closeAllConnections(),
    () => editor.taskora.close(),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A promise, and what resolves it. */
function aGate<Value>() {
  let open: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

/** The messages of a stream, one by one. */
async function* messages(response: Response): AsyncGenerator<unknown> {
  let rest = "";
  for await (const bytes of response.body ?? []) {
    const parts = `${rest}${Buffer.from(bytes as Uint8Array).toString()}`.split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) yield JSON.parse(part.replace("data: ", ""));
  }
}

describe.each(Object.keys(STORES))("the editor on %s", (store) => {
  it("answers with the result of a job", async () => {
    const url = await open(store, {
      misspelt: async (text) => text.split(" ").filter((word) => word === "teh"),
    });
    const response = await fetch(`${url}/spell`, { method: "POST", body: "teh cat" });
    expect(await response.json()).toEqual(["teh"]);
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
  });

  it("tells each paragraph as soon as it is ready, failed ones too", async () => {
    const slow = aGate<string>();
    const url = await open(store, {
      suggest: async (text) => {
        if (text === "slow") return await slow.promise;
        return text.toUpperCase();
      },
    });
    const response = await fetch(`${url}/review`, { method: "POST", body: "slow\n\nfast" });
    const stream = messages(response);
    expect((await stream.next()).value).toEqual({ paragraph: 1, suggestion: "FAST" });
    slow.open("done");
    expect((await stream.next()).value).toEqual({ paragraph: 0, suggestion: "done" });
    expect((await stream.next()).done).toBe(true);
  });

  it("streams words as they come, in order, before the whole", async () => {
    const next = aGate<void>();
    const url = await open(store, {
      suggest: async (_text, _signal, say) => {
        say("shorter");
        say("words");
        await next.promise;
        say("please");
        return "shorter words please";
      },
    });
    const stream = messages(await fetch(`${url}/review`, { method: "POST", body: "one" }));
    const words = async () => (await stream.next()).value;
    expect(await words()).toEqual({ paragraph: 0, attempt: 1, words: "shorter" });
    expect(await words()).toEqual({ paragraph: 0, attempt: 1, words: "words" });
    next.open();
    expect(await words()).toEqual({ paragraph: 0, attempt: 1, words: "please" });
    expect(await words()).toEqual({ paragraph: 0, suggestion: "shorter words please" });
    expect((await stream.next()).done).toBe(true);
  });

  it("cancels what is left when the editor is closed", async () => {
    const started = aGate<void>();
    const told = aGate<string>();
    const url = await open(store, {
      suggest: (_text, signal) =>
        new Promise((_resolve, reject) => {
          started.open();
          signal.addEventListener("abort", () => {
            told.open((signal.reason as Error).name);
            reject(signal.reason);
          });
        }),
    });
    const editor = new AbortController();
    await fetch(`${url}/review`, { method: "POST", body: "one", signal: editor.signal });
    await started.promise;
    editor.abort();
    expect(await told.promise).toBe("CancelledError");
  });
});
