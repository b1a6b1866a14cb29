import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTaskora, type JobContext, type Taskora } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { loadPglite, PGLITE_FILE, type Pglite } from "../../../scripts/pglite.js";
import { Program } from "../../support/child.js";
import { Collected } from "../../support/signals.js";

const here = { folder: "" };
const apps: Taskora[] = [];

beforeAll(async () => {
  await loadPglite();
  here.folder = await mkdtemp(join(tmpdir(), "taskora-pglite-"));
}, 300_000);

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

afterAll(() => rm(here.folder, { recursive: true, force: true }));

function newApp(pglite: string | Pglite): Taskora {
  const app = createTaskora({ adapter: postgresAdapter({ pglite, deadline: "60s" }), logger: false });
  apps.push(app);
  return app;
}

function kept(app: Taskora, ran: Collected<unknown>) {
  return app.task("kept", (data: unknown) => ran.push(data));
}

/** Starting it takes its time on a busy machine. */
const SLOW = { timeout: 240_000 };

describe("a queue in a folder", () => {
  it("survives that its process is closed, and that it is killed", SLOW, async () => {
    const folder = join(here.folder, "kept");
    const program = new Program("pglite-owner", [folder, PGLITE_FILE]);
    await program.printed("stored");
    program.kill("SIGKILL");
    await program.exited;
    const first = newApp(folder);
    await first.register({ name: "kept", version: 1 }).dispatch("before the close");
    await first.close();
    const ran = new Collected<unknown>();
    const second = newApp(folder);
    kept(second, ran);
    await second.start();
    expect(await ran.reach(2)).toEqual(["before the kill", "before the close"]);
  });

  it("is shared by the apps of a process, and refused to another while that lives", SLOW, async () => {
    const folder = join(here.folder, "shared");
    const other = new Program("pglite-owner", [join(here.folder, "other"), PGLITE_FILE]);
    await writeFile(`${folder}.pid`, String(other.pid));
    await expect(newApp(folder).connect()).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringContaining(`is in use by process ${other.pid}`),
    });
    other.kill("SIGKILL");
    await other.exited;
    const ran = new Collected<unknown>();
    const [producer, worker] = [newApp(folder), newApp(folder)];
    kept(worker, ran);
    await worker.start();
    await producer.register({ name: "kept", version: 1 }).dispatch(1);
    await producer.close();
    await newApp(folder).register({ name: "kept", version: 1 }).dispatch(2);
    expect(await ran.reach(2)).toEqual([1, 2]);
  });
});

describe("a PGlite of the application", () => {
  let pglite: Pglite;

  beforeAll(async () => {
    const PGlite = await loadPglite();
    pglite = new PGlite("memory://");
    await pglite.waitReady;
    await pglite.exec("create table effect (job text)");
  }, 240_000);

  afterAll(() => pglite.close());

  it("keeps jobs beside its own data, and is not closed", async () => {
    const ran = new Collected<unknown>();
    const app = newApp(pglite);
    const task = kept(app, ran);
    await app.start();
    await pglite.transaction(async (tx) => {
      await task.dispatch("with the data", { within: tx });
    });
    await expect(
      pglite.transaction(async (tx) => {
        await task.dispatch("never", { within: tx });
        throw new Error("declined");
      }),
    ).rejects.toThrow("declined");
    await task.dispatch("alone");
    expect(await ran.reach(2)).toEqual(["with the data", "alone"]);
    await app.close();
    expect((await pglite.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("ends a job with what its handler wrote, or not at all, with what it said meanwhile", async () => {
    const app = newApp(pglite);
    const task = app.task("effect", {
      retry: { attempts: 2, delay: 0 },
      handler: async (form: "within" | "complete", ctx: JobContext) => {
        const write = async (tx: { query(text: string, values: unknown[]): Promise<unknown> }) => {
          await tx.query("insert into effect values ($1)", [`${ctx.id} ${ctx.attempt}`]);
          ctx.log.info("written");
          if (ctx.attempt === 1) throw new Error("not yet");
          return form;
        };
        if (form === "within") await ctx.within(write);
        else await pglite.transaction(async (tx) => ctx.complete(await write(tx), { within: tx }));
      },
    });
    await app.start();
    const job = await task.dispatch("within");
    expect(await job.result).toBe("within");
    // The line of the first attempt went with its transaction: there is one session.
    expect((await job.get())?.logs?.map(({ message }) => message)).toEqual(["written"]);
    expect((await pglite.query("select job from effect")).rows).toEqual([{ job: `${job.id} 2` }]);
  });
});

describe("PGlite as a store", () => {
  it("is named where its package is missing, with how to install it", async () => {
    const program = new Program("pglite-owner", [join(here.folder, "missing")]);
    await program.printed("DEPENDENCY_MISSING");
    await program.exited;
  });

  it.each([
    [{ pglite: "a", url: "postgres://b" }, /url or pglite/],
    [{ pglite: "a", pool: { connect() {}, query() {}, end() {}, totalCount: 0 } }, /pool or pglite/],
    [{ pglite: null }, /pglite.*null/],
    [{ pglite: "" }, /pglite to be a folder/],
    [{ pglite: {} }, /a PGlite/],
  ])("refuses %j", (options, said) => {
    expect(() => postgresAdapter(options as never)).toThrow(said);
  });
});
