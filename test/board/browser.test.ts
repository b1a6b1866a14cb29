import { createTaskora, type Taskora } from "taskora";
import { type Board, createBoard } from "taskora/board";
import { memoryAdapter } from "taskora/memory";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axeViolations, type BrowserSession, openBrowser, type WatchedPage } from "../../scripts/browser.js";
import { type BoardWorld, HOSTILE, makeBoardWorld, SECRET } from "../support/board-world.js";

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 380, height: 800 };

let browser: BrowserSession;

beforeAll(async () => {
  browser = await openBrowser();
}, 180_000);
afterAll(() => browser?.close());

async function listening(app: Taskora): Promise<{ board: Board; url: string }> {
  const board = createBoard(app);
  const { url } = await board.listen({ port: 0 });
  return { board, url };
}

/** What the picture says, line by line. */
const PICTURE = `document.querySelector('[aria-label="Jobs now"]')?.innerText ?? ""`;

describe("the picture of a fresh store", () => {
  let app: Taskora;
  let board: Board;
  let page: WatchedPage;
  const waiting: (() => void)[] = [];

  beforeAll(async () => {
    app = createTaskora({ adapter: memoryAdapter(), logger: false });
    app.task("image.thumbnail", {
      concurrency: 3,
      handler: (_: { nth: number }) => new Promise<void>((resolve) => waiting.push(resolve)),
    });
    await app.start();
    const { url, ...rest } = await listening(app);
    board = rest.board;
    page = await browser.open();
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(url);
  });
  afterAll(async () => {
    for (const end of waiting.splice(0)) end();
    await board.close();
    await app.close({ timeout: 0 });
  });

  it("says that nothing waits, nobody works and nothing is done", async () => {
    await page.until(`/Workers\\s+0\\/3/.test(${PICTURE})`);
    const text = (await page.evaluate(PICTURE)) as string;
    expect(text).toMatch(/Queue\s+0\b/);
    expect(text).toMatch(/Done\s+0\b/);
    expect(text.match(/\bidle\b/g)).toHaveLength(3);
  });

  it("moves while jobs run", async () => {
    const client = app.register({ name: "image.thumbnail", version: 1 });
    for (let nth = 1; nth <= 5; nth++) await client.dispatch({ nth });
    await page.until(`/Workers\\s+3\\/3/.test(${PICTURE}) && /image\\.thumbnail/.test(${PICTURE})`);
    expect(await page.evaluate(PICTURE)).toMatch(/Queue\s+2\b/);
    for (let ended = 0; ended < 5; ended++) {
      await expect.poll(() => waiting.length).toBeGreaterThan(0);
      waiting.shift()?.();
    }
    await page.until(`/Done\\s+5\\b/.test(${PICTURE}) && /Workers\\s+0\\/3/.test(${PICTURE})`);
    expect(page.troubles).toEqual([]);
  });
});

describe("every page, with hostile text in every field", () => {
  let world: BoardWorld;
  let board: Board;
  let url: string;
  let paths: readonly string[];

  beforeAll(async () => {
    world = await makeBoardWorld(HOSTILE);
    ({ board, url } = await listening(world.app));
    paths = await pathsOf(world.app);
  });
  afterAll(async () => {
    await board.close();
    await world.close();
  });

  it.each([
    { name: "light and wide", size: WIDE, colorScheme: "light" as const },
    { name: "dark and narrow", size: NARROW, colorScheme: "dark" as const },
  ])("is clean: $name", { timeout: 120_000 }, async ({ size, colorScheme }) => {
    const page = await browser.open();
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const faults: Record<string, unknown> = {};
    for (const path of paths) {
      await page.goto(new URL(path, url).href);
      await page.until(`document.querySelector("main h1")`);
      await page.until(`!document.querySelector('[aria-busy="true"]')`);
      const violations = await axeViolations(page);
      const text = (await page.evaluate("document.body.innerText")) as string;
      const tooWide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      const found = {
        ...(violations.length === 0 ? {} : { violations }),
        ...(page.troubles.length === 0 ? {} : { troubles: page.troubles.splice(0) }),
        ...((tooWide as number) <= 0 ? {} : { tooWide }),
        ...(text.includes(SECRET) ? { secret: "shown" } : {}),
        ...((await page.title()) === "taken" ? { title: "taken" } : {}),
      };
      if (Object.keys(found).length > 0) faults[path] = found;
    }
    await page.close();
    expect(faults).toEqual({});
  });
});

/** One of every page, with something on it. */
async function pathsOf(app: Taskora): Promise<readonly string[]> {
  const part = encodeURIComponent;
  const [failed] = (await app.jobs.list({ task: "webhook.deliver", state: "failed" })).items;
  const [sent] = (await app.jobs.list({ task: "invoice.send", state: "completed" })).items;
  const [workflow] = (await app.workflows.list()).items;
  return [
    ...["/", "/tasks", "/tasks/webhook.deliver", "/jobs", "/jobs?q=task:webhook.deliver+state:failed"],
    ...[failed, sent].map((job) => `/jobs/${part(job?.task ?? "")}/${part(job?.id ?? "")}`),
    ...["/errors", "/workers", "/schedules", "/schedules/nightly-report", "/workflows"],
    ...[`/workflows/${part(workflow?.id ?? "")}`, "/contracts", "/store", "/audit"],
    ...["/tasks/invoice.send/new"],
  ];
}
