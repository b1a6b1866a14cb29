import fc from "fast-check";
import { createTaskora, type Taskora } from "taskora";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LiveOverview, Overview } from "../../src/board/api.js";
import { type AskedTopic, LiveHub, type Watcher } from "../../src/board/live/hub.js";
import { difference } from "../../src/board/live/merge-patch.js";
import { VirtualWorld } from "../support/virtual-world.js";
import { counted } from "./counted-adapter.js";

const HOME: AskedTopic = { name: "home", source: undefined };
const ADA: Watcher = { view: "all", session: "ada", sees: undefined };

interface Told {
  readonly kind: string;
  readonly id: string | undefined;
  readonly data: { readonly topic?: string; readonly value?: unknown; readonly patch?: unknown };
}

/** Reads a stream as a browser does. */
class Listener {
  readonly events: Told[] = [];
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #gone = new AbortController();
  comments = 0;
  isEnded = false;
  isStopped = false;

  constructor(
    hub: LiveHub,
    options: { topics?: readonly AskedTopic[]; who?: Watcher; lastId?: string } = {},
  ) {
    const { topics = [HOME], who = ADA, lastId } = options;
    const body = hub.open(who, topics, { lastId, signal: this.#gone.signal });
    if (typeof body === "string") throw new Error(body);
    this.#reader = body.getReader();
  }

  /** Reads on until it is told to stop, or nothing more comes. */
  async read(): Promise<void> {
    this.isStopped = false;
    while (!this.isStopped) {
      const { done, value } = await this.#reader.read();
      if (done) {
        this.isEnded = true;
        return;
      }
      for (const block of new TextDecoder().decode(value).split("\n\n")) this.#take(block);
    }
  }

  leave(): void {
    this.#gone.abort();
  }

  get kinds(): readonly string[] {
    return this.events.map(({ kind }) => kind);
  }

  #take(block: string): void {
    if (block.startsWith(":")) this.comments += 1;
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
    const kind = field("event");
    if (kind === undefined) return;
    this.events.push({ kind, id: field("id"), data: JSON.parse(field("data") ?? "{}") as Told["data"] });
  }
}

/** As RFC 7396 has it. */
function patched(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const isFields = typeof target === "object" && target !== null && !Array.isArray(target);
  const result: Record<string, unknown> = isFields ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = patched(result[key], value);
  }
  return result;
}

/** What a listener of one topic shows now. */
function shownBy({ events }: Listener): unknown {
  let value: unknown;
  for (const { kind, data } of events) {
    if (kind === "snapshot") value = data.value;
    if (kind === "delta") value = patched(value, data.patch);
  }
  return value;
}

/** What a listener of Home shows, as a call answers it. */
function homeOf(listener: Listener): Overview {
  const shown = shownBy(listener) as LiveOverview;
  return { ...shown, tasks: Object.values(shown.tasks) };
}

describe("a merge patch", () => {
  const json = fc.jsonValue({ maxDepth: 3 });
  const fields = fc.dictionary(fc.constantFrom("a", "b", "c", "constructor"), json);
  it("makes one value of the other, or says that it cannot", () => {
    fc.assert(
      fc.property(fields, fields, (before, after) => {
        const found = difference(before, after);
        if (found === "unfit") expect(JSON.stringify(after)).toContain("null");
        else expect(found === "none" ? before : patched(before, found.patch)).toEqual(after);
      }),
    );
  });

  it("says only what changed", () => {
    expect(difference({ a: 1, b: { c: 2, d: [1, null] } }, { a: 1, b: { c: 3, d: [1, null] } })).toEqual({
      patch: { b: { c: 3 } },
    });
    expect(difference({ a: 1, b: undefined }, { b: undefined })).toEqual({ patch: { a: null } });
    expect(difference({ a: [1] }, { a: [1] })).toBe("none");
    expect(difference({}, { a: { b: null } })).toBe("unfit");
  });
});

describe("the live side of a board", () => {
  let world: VirtualWorld;
  let watching: Taskora;
  let calls: Map<string, number>;
  let hub: LiveHub;

  beforeEach(() => {
    world = new VirtualWorld();
    const store = counted(world.adapter());
    calls = store.calls;
    watching = createTaskora({ adapter: store.adapter, clock: world.clock, logger: false });
    hub = new LiveHub({ app: watching, clock: world.clock });
  });

  afterEach(async () => {
    hub.close();
    await watching.close({ timeout: 0 });
    await world.close();
  });

  const callsOf = async (seconds: number) => {
    calls.clear();
    await world.clock.advance(seconds * 1000);
    return [...calls.values()].reduce((sum, count) => sum + count, 0);
  };

  it("reads as much for 20 viewers as for one, and nothing for none", async () => {
    const task = world.drive().app.task("email.send", () => undefined);
    await task.dispatch(1);
    expect(await callsOf(60)).toBe(0);
    const costs: number[] = [];
    const viewers: Listener[] = [];
    for (const count of [1, 4, 20]) {
      while (viewers.length < count) viewers.push(new Listener(hub));
      for (const viewer of viewers) void viewer.read();
      await world.clock.advance(60_000);
      costs.push(await callsOf(60));
    }
    expect(costs[0]).toBeGreaterThan(60);
    expect(costs[1]).toBe(costs[0]);
    expect(costs[2]).toBe(costs[0]);
    for (const viewer of viewers) viewer.leave();
    await world.clock.advance(11_000);
    expect(await callsOf(60)).toBe(0);
  });

  it("sends how it stands, then what changes, and every viewer shows the same", async () => {
    const task = world.drive().app.task("email.send", () => undefined);
    const first = new Listener(hub);
    void first.read();
    await world.clock.advance(1000);
    await task.dispatch(1);
    await world.clock.advance(3000);
    const second = new Listener(hub);
    void second.read();
    await world.clock.advance(2000);
    expect(first.kinds[0]).toBe("snapshot");
    expect(new Set(first.kinds.slice(1))).toEqual(new Set(["delta"]));
    expect(shownBy(second)).toEqual(shownBy(first));
    expect(homeOf(first).sum.counts.waiting).toBe(1);
    expect(homeOf(first)).toEqual(JSON.parse(JSON.stringify(await hub.overview(ADA))));
  });

  it("sends nothing of tasks that stay as they are", async () => {
    const { app } = world.drive();
    const clients = ["a", "b", "c"].map((name) => app.task(name, () => undefined));
    for (const client of clients) await client.dispatch(1);
    const viewer = new Listener(hub);
    void viewer.read();
    // Rates have come to rest.
    await world.clock.advance(20_000);
    viewer.events.length = 0;
    await clients[1]?.dispatch(2);
    await world.clock.advance(3000);
    const patches = viewer.events.flatMap(({ data }) =>
      Object.entries((data.patch as Partial<LiveOverview>).tasks ?? {}),
    );
    expect(patches.filter(([, { counts }]) => counts)).toEqual([
      ["b", expect.objectContaining({ counts: { waiting: 2 } })],
    ]);
    // A list would travel whole.
    expect(patches.filter(([, { name }]) => name)).toEqual([]);
  });

  it("sends a reader who comes back what it missed, and one of another process everything", async () => {
    const first = new Listener(hub);
    void first.read();
    await world.clock.advance(5000);
    const { id = "" } = first.events.at(-1) ?? {};
    first.leave();
    await world.clock.advance(4000);
    const again = new Listener(hub, { lastId: id });
    void again.read();
    await world.clock.advance(100);
    expect(again.events.length).toBeGreaterThan(0);
    expect(again.kinds).not.toContain("snapshot");
    first.events.push(...again.events);
    expect(homeOf(first)).toEqual(JSON.parse(JSON.stringify(await hub.overview(ADA))));
    for (const lastId of ["ffffffff-3", `${id.split("-")[0]}-x`, "", "-"]) {
      const other = new Listener(hub, { lastId });
      void other.read();
      await world.clock.advance(100);
      expect(other.kinds[0]).toBe("snapshot");
    }
  });

  it("tells a reader who was too slow that it missed something, and how it stands", async () => {
    let text = "";
    const source = { read: async () => ({ text }) };
    const topics = [{ name: "job:a/b", source }];
    const [slow, fast] = [new Listener(hub, { topics }), new Listener(hub, { topics })];
    void fast.read();
    for (let second = 0; second < 12; second++) {
      text = String(second).repeat(60_000);
      await world.clock.advance(1000);
    }
    void slow.read();
    await world.settle();
    text = "the end";
    await world.clock.advance(2000);
    expect(fast.kinds).not.toContain("gap");
    expect(slow.events.length).toBeLessThan(fast.events.length);
    expect(slow.kinds.slice(-2)).toEqual(["gap", "snapshot"]);
    expect(shownBy(slow)).toEqual({ text: "the end" });
  });

  it("gives a sign of life every 15 s, and says so when the board closes", async () => {
    const topics = [{ name: "job:a/b", source: { read: async () => ({}) } }];
    const viewer = new Listener(hub, { topics });
    void viewer.read();
    await world.clock.advance(31_000);
    expect(viewer.comments).toBe(2);
    hub.close();
    await world.settle();
    expect(viewer.kinds.at(-1)).toBe("bye");
    expect(viewer.isEnded).toBe(true);
  });

  it("says for how long the store has been away, and goes on when it is back", async () => {
    const { app, store } = world.drive();
    const own = new LiveHub({ app, clock: world.clock });
    const viewer = new Listener(own);
    void viewer.read();
    await world.clock.advance(2000);
    store.always("refused", "observe.gauges");
    await world.clock.advance(4000);
    expect((shownBy(viewer) as Overview).away).toMatchObject({ message: expect.stringContaining("gauges") });
    expect((shownBy(viewer) as Overview).away?.forMs).toBeGreaterThan(2000);
    store.heal();
    await world.clock.advance(2000);
    expect((shownBy(viewer) as Overview).away).toBeUndefined();
    own.close();
  });

  it("opens 20 streams for one session and 500 in all", () => {
    const open = (session: string) => {
      const { signal } = new AbortController();
      return hub.open({ ...ADA, session }, [], { lastId: undefined, signal });
    };
    for (let nth = 0; nth < 20; nth++) expect(open("ada")).toBeInstanceOf(ReadableStream);
    expect(open("ada")).toBe("session");
    for (let nth = 20; nth < 500; nth++) expect(open(`user ${nth}`)).toBeInstanceOf(ReadableStream);
    expect(open("one more")).toBe("all");
  });

  it("shows some tasks alone to who may see no others", async () => {
    const { app } = world.drive();
    await app.task("email.send", () => undefined).dispatch(1);
    await app.task("pay", () => undefined).dispatch({ card: "canary" });
    const who = { view: "email", session: "bob", sees: (task: string) => task.startsWith("email.") };
    const viewer = new Listener(hub, { who });
    void viewer.read();
    await world.clock.advance(3000);
    expect(homeOf(viewer).tasks.map(({ name }) => name)).toEqual(["email.send"]);
    expect(JSON.stringify(viewer.events)).not.toContain("pay");
  });
});
