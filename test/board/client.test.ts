import { isTaskoraError, type JobLogs } from "taskora";
import { type BoardClient, connectBoard } from "taskora/board";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gate } from "../support/signals.js";
import { type BoardKit, boardKit, ROLE_TOKENS, TOKENS } from "./board-kit.js";

let kit: BoardKit;
let client: BoardClient;

beforeAll(async () => {
  kit = boardKit({ auth: { token: ROLE_TOKENS }, path: "/board" });
  client = connectBoard("http://board.test/board/", { token: TOKENS.admin, fetch: kit.board.fetch });
  const sms = kit.app.register({ name: "sms.send", version: 1 });
  await sms.dispatchMany(
    Array.from({ length: 30 }, (_, n) => ({ n, password: "hunter2" })),
    { delay: "1h" },
  );
});
afterAll(() => kit[Symbol.asyncDispose]());

const caught = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("connectBoard()", () => {
  it("says who asks", async () => {
    expect(await client.me()).toMatchObject({ user: "admin", role: "admin", store: { name: "memory" } });
  });

  it("goes through pages as an app does", async () => {
    const seen: number[] = [];
    for await (const { data } of client.jobs.list({ task: "sms.send", limit: 7 }))
      seen.push((data as { readonly n: number }).n);
    expect(seen).toHaveLength(30);
    const page = await client.jobs.list({ where: "data.n>=20", limit: 4 });
    expect(page.items).toHaveLength(4);
    const { items } = await client.jobs.list({ where: "data.n>=20", cursor: page.cursor });
    expect(items).toHaveLength(6);
    expect(await client.jobs.count({ task: "sms.send" })).toMatchObject({ delayed: 30, total: 30 });
  });

  it("shows what is hidden of one job, when it is asked for", async () => {
    const [{ id = "" } = {}] = (await client.jobs.list({ limit: 1 })).items;
    const read = async (sensitive?: "shown") => {
      const job = await client.jobs.get({ id }, { sensitive });
      return (job?.data as { readonly password: string } | undefined)?.password;
    };
    expect(await read()).not.toBe("hunter2");
    expect(await read("shown")).toBe("hunter2");
    expect((await client.audit.list()).items[0]).toMatchObject({
      action: "job.reveal",
      by: "admin",
      jobId: id,
    });
    expect(() => client.jobs.list({ sensitive: "shown" })).toThrow("of one job, by get()");
  });

  it("follows what a job logs, and hides in it what the job hides", async () => {
    const own = boardKit({ auth: { token: ROLE_TOKENS }, path: "/board" });
    const over = connectBoard("http://board.test/board", { token: TOKENS.viewer, fetch: own.board.fetch });
    const read = gate();
    const noisy = own.app.task("noisy", async ({ password }: { password: string }, { log }) => {
      log.info("same");
      log.info("same");
      await read.opened;
      log.info("same");
      log.info(`sent ${password}`);
    });
    const job = noisy.dispatch({ password: "hunter2" });
    const { id } = await job;
    const wrote = own.app.once("log");
    await own.app.start();
    await wrote;
    const first = await over.jobs.logs({ task: "noisy", id });
    const said = (logs: JobLogs | undefined) => logs?.lines.map(({ message }) => message);
    read.open();
    await job.result;
    const rest = await over.jobs.logs({ task: "noisy", id }, { after: first?.after });
    expect([...(said(first) ?? []), ...(said(rest) ?? [])]).toEqual(["same", "same", "same", "sent ▪"]);
    expect([first?.state, rest?.state]).toEqual(["active", "completed"]);
    const last = { ...rest, lines: [] };
    expect(await over.jobs.logs({ task: "noisy", id }, { after: rest?.after })).toEqual(last);
    expect(await over.jobs.logs({ id }, { after: rest?.after })).toEqual(last);
    expect(await own.app.jobs.logs({ task: "noisy", id }, { after: rest?.after })).toEqual(last);
    expect(await over.jobs.logs({ task: "noisy", id: "none" })).toBeUndefined();
    expect(await caught(over.jobs.logs({ task: "noisy", id }, { after: "1" }))).toMatchObject({
      code: "OPTION_INVALID",
    });
    await own[Symbol.asyncDispose]();
  });

  it("asks for what no path can have", async () => {
    for (const id of [".", "..", "a/b?c#d", "ä"]) {
      expect(await client.jobs.get({ task: "sms.send", id })).toBeUndefined();
      expect(await client.jobs.cancel({ task: "sms.send", id })).toEqual({ status: "missing" });
    }
  });

  it("stops a change of many when its signal aborts, and says how far it came", async () => {
    const stop = new AbortController();
    const result = await client.jobs.cancelAll({
      ...{ task: "sms.send", where: "data.n<20", perSecond: 0.5, signal: stop.signal },
      onProgress: ({ applied }) => {
        if (applied > 0) stop.abort();
      },
    });
    expect(result.applied).toBeGreaterThan(0);
    expect(result.applied).toBeLessThan(20);
    expect((await client.jobs.count()).cancelled).toBe(result.applied);
    expect(await client.jobs.cancelAll({ task: "sms.send", where: "data.n<20" })).toEqual({
      ...{ matched: 20 - result.applied, applied: 20 - result.applied, refused: 0, missing: 0 },
    });
  });

  it("fails with the codes of the library", async () => {
    const filter = await caught(client.jobs.list({ where: "state:failed nope:1" }) as Promise<unknown>);
    expect(isTaskoraError(filter, "FILTER_INVALID") && [filter.filter, filter.position]).toEqual([
      "state:failed nope:1",
      13,
    ]);
    expect((filter as Error).message.match(/cannot be read/g)).toHaveLength(1);
    expect(await caught(client.tasks.handle("nope").pause())).toMatchObject({ code: "TASK_NOT_FOUND" });
    expect(await caught(client.jobs.cancelAll({ task: "nope" }))).toMatchObject({ code: "TASK_NOT_FOUND" });
    expect(await caught(client.jobs.retryAll({ where: "state:failed", cursor: "1" }))).toMatchObject({
      code: "OPTION_INVALID",
    });
    const viewer = connectBoard("http://board.test/board", { token: TOKENS.viewer, fetch: kit.board.fetch });
    expect(await caught(viewer.tasks.handle("sms.send").pause())).toMatchObject({ code: "BOARD_FORBIDDEN" });
    expect(() => connectBoard("ftp://board.test")).toThrow("expected the URL of a board");
    expect(() => connectBoard("https://ada:secret@board.test")).toThrow("a token says who asks");
  });

  it("waits for an answer no longer than it is told to", async () => {
    const silent = connectBoard("http://board.test", {
      timeout: 20,
      fetch: ({ signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
        ),
    });
    expect(await caught(silent.me())).toMatchObject({
      ...{ code: "BOARD_UNAVAILABLE", message: expect.stringContaining("it took longer than 20 ms") },
    });
    const other = connectBoard("http://board.test", {
      fetch: async () => new Response("<html>", { status: 200 }),
    });
    expect(await caught(other.me())).toMatchObject({
      ...{ code: "BOARD_UNAVAILABLE", message: expect.stringContaining("is no board") },
    });
  });

  it("changes something without a token where the board lets in its own machine", async () => {
    await using open = boardKit();
    open.app.task("own", () => undefined);
    await open.app.connect();
    const { url } = await open.board.listen({ port: 0 });
    const own = connectBoard(url);
    await open.app.register({ name: "own", version: 1 }).dispatch({}, { delay: "1h" });
    expect(await own.tasks.handle("own").pause({ reason: "x" })).toEqual({ status: "applied" });
    expect((await own.tasks.get("own"))?.pausedAt).toBeTypeOf("number");
    await open.board.close();
  });
});
