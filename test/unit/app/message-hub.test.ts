import { AppClosedError } from "taskora";
import type { Notice } from "taskora/adapter";
import { VirtualClock } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { MessageHub, type MessageHubHost } from "../../../src/app/handles/message-hub.js";

const JOB = { task: "t", id: "j" };
const ANOTHER = { task: "t", id: "k" };

function hub(failing?: Error) {
  const clock = new VirtualClock();
  const open = new Map<string, (notice: Notice) => void>();
  const subscribed: string[] = [];
  const errors: unknown[] = [];
  const adapter = {
    subscribe: async ({ task }: { readonly task: string }, hear: (notice: Notice) => void) => {
      subscribed.push(task);
      if (failing !== undefined) throw failing;
      open.set(task, hear);
      return async () => void open.delete(task);
    },
  };
  const host = {
    adapter,
    clock,
    connect: async () => undefined,
    reportError: (e: unknown) => errors.push(e),
  };
  const messages = new MessageHub(host as unknown as MessageHubHost);
  const tell = (task: string, id: string) =>
    open.get(task)?.({ kind: "event", event: { task, id } } as unknown as Notice);
  /** Whether an ear wakes without any time passing. */
  const wakes = async (ear: { heard(): Promise<void> }, act: () => void) => {
    let isAwake = false;
    const heard = ear.heard().then(() => {
      isAwake = true;
    });
    act();
    await clock.advance(0);
    const result = isAwake;
    await clock.advance(5000);
    await heard;
    return result;
  };
  return { clock, open, subscribed, errors, messages, tell, wakes };
}

describe("listening for messages of a job", () => {
  it("is woken by news of that job, and of no other", async () => {
    const { messages, tell, wakes, open } = hub();
    const ear = await messages.listen(JOB, undefined);
    ear.listen();
    expect(await wakes(ear, () => tell("t", "j"))).toBe(true);
    ear.listen();
    expect(await wakes(ear, () => tell("t", "k"))).toBe(false);
    expect(await wakes(ear, () => open.get("t")?.({ kind: "lost" } as Notice))).toBe(true);
    ear.stop();
  });

  it("does not wait for what was told since it last listened", async () => {
    const { messages, tell, wakes } = hub();
    const ear = await messages.listen(JOB, undefined);
    ear.listen();
    tell("t", "j");
    expect(await wakes(ear, () => undefined)).toBe(true);
    ear.listen();
    expect(await wakes(ear, () => undefined)).toBe(false);
    ear.stop();
  });

  it("looks by itself after five seconds, in case nobody tells", async () => {
    const { clock, messages } = hub();
    const ear = await messages.listen(JOB, undefined);
    ear.listen();
    let isAwake = false;
    const heard = ear.heard().then(() => {
      isAwake = true;
    });
    await clock.advance(4999);
    expect(isAwake).toBe(false);
    await clock.advance(1);
    await heard;
    expect(clock.nextTimerInMs).toBeUndefined();
    ear.stop();
  });

  it("subscribes once for all who listen to a task, and ends that with the last", async () => {
    const { messages, open, subscribed, tell, wakes } = hub();
    const [one, two, other] = await Promise.all([
      messages.listen(JOB, undefined),
      messages.listen(JOB, undefined),
      messages.listen(ANOTHER, undefined),
    ]);
    const far = await messages.listen({ task: "u", id: "j" }, undefined);
    expect(subscribed).toEqual(["t", "u"]);
    one?.stop();
    one?.stop();
    two?.listen();
    expect(await wakes(two as never, () => tell("t", "j"))).toBe(true);
    two?.stop();
    expect([...open.keys()]).toEqual(["t", "u"]);
    other?.stop();
    await Promise.resolve();
    await Promise.resolve();
    expect([...open.keys()]).toEqual(["u"]);
    far.stop();
    await messages.listen(JOB, undefined);
    expect(subscribed).toEqual(["t", "u", "t"]);
  });

  it("ends at the signal, and by the close of the app", async () => {
    const { messages, wakes } = hub();
    const stop = new AbortController();
    const ear = await messages.listen(JOB, stop.signal);
    ear.listen();
    expect(await wakes(ear, () => stop.abort())).toBe(true);
    ear.stop();
    const late = await messages.listen(JOB, undefined);
    late.listen();
    const heard = late.heard();
    messages.closeAll();
    await expect(heard).rejects.toBeInstanceOf(AppClosedError);
    expect(() => late.throwIfClosed()).toThrow(AppClosedError);
    await expect(late.heard()).rejects.toThrow("read the messages of a job");
  });

  it("fails with the subscription, and the next who listens tries again", async () => {
    const error = new Error("no right to subscribe");
    const { messages, subscribed } = hub(error);
    await expect(messages.listen(JOB, undefined)).rejects.toBe(error);
    await expect(messages.listen(JOB, undefined)).rejects.toBe(error);
    expect(subscribed).toEqual(["t", "t"]);
  });
});
