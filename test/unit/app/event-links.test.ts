import { type AppWarningEvent, createTaskora } from "taskora";
import type { Adapter, Notice, Topic } from "taskora/adapter";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { VirtualClock } from "taskora/testing";
import { describe, expect, it } from "vitest";

/** An adapter in memory that says what is subscribed to, and through which something can be told. */
function linked(clock: VirtualClock, met: readonly string[] = []) {
  const adapter: Adapter = memoryAdapter({ store: createMemoryStore({ clock }) });
  const open: { readonly topic: Topic; readonly tell: (notice: Notice) => void }[] = [];
  const subscribe = adapter.subscribe.bind(adapter);
  adapter.subscribe = (topic, listener) => {
    open.push({ topic, tell: listener });
    return subscribe(topic, listener);
  };
  const tasks = adapter.tasks.bind(adapter);
  adapter.tasks = async () => [...(await tasks()), ...met];
  return { adapter, open };
}

function listening(adapter: Adapter, clock: VirtualClock) {
  const app = createTaskora({ adapter, clock, logger: false });
  const warnings: AppWarningEvent[] = [];
  app.on("warning", (warning) => void warnings.push(warning));
  return { app, warnings };
}

describe("an interruption of the link for events", () => {
  it("is told once, however many subscriptions it had, and the next one again", async () => {
    const clock = new VirtualClock();
    const { adapter, open } = linked(clock);
    const { app, warnings } = listening(adapter, clock);
    for (const name of ["one", "two", "three", "four"]) app.register({ name, version: 1 });
    app.on("completed", () => undefined);
    await app.connect();
    const events = open.filter(({ topic }) => topic.kind === "events");
    expect(events.length).toBe(4);
    const interrupt = () => {
      for (const { tell } of open) tell({ kind: "lost" });
    };
    interrupt();
    await clock.advance(500);
    interrupt();
    expect(warnings.map(({ code }) => code)).toEqual(["EVENTS_LOST"]);
    await clock.advance(1000);
    interrupt();
    expect(warnings.map(({ code }) => code)).toEqual(["EVENTS_LOST", "EVENTS_LOST"]);
    await app.close();
  });
});

describe("who listens to all tasks", () => {
  const names = Array.from({ length: 1300 }, (_, nth) => `task-${nth}`);
  const heard = (open: readonly { readonly topic: Topic }[]) =>
    open.flatMap(({ topic }) => (topic.kind === "events" ? topic.task : []));

  it("hears a thousand that the store has met, and is told once that there are more", async () => {
    const clock = new VirtualClock();
    const { adapter, open } = linked(clock, names);
    const { app, warnings } = listening(adapter, clock);
    app.on("completed", () => undefined);
    await app.connect();
    expect(new Set(heard(open)).size).toBe(1000);
    expect(warnings).toMatchObject([{ code: "EVENTS_LOST", message: expect.stringContaining("{ task }") }]);
    await app.close();
  });

  it("hears its own and those that it names all the same", async () => {
    const clock = new VirtualClock();
    const { adapter, open } = linked(clock, names);
    const { app } = listening(adapter, clock);
    app.register({ name: "own", version: 1 });
    app.on("completed", () => undefined);
    app.on("completed", () => undefined, { task: "task-1299" });
    await app.connect();
    const tasks = new Set(heard(open));
    expect(tasks.has("own") && tasks.has("task-1299")).toBe(true);
    expect(tasks.size).toBe(1002);
    await app.close();
  });
});
