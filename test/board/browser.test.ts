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
    // Slots are read twice as often as numbers are.
    await page.until(`/Queue\\s+2\\b/.test(${PICTURE})`);
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

/** What people come for, by keys alone. */
describe("the keyboard", () => {
  let world: BoardWorld;
  let board: Board;
  let page: WatchedPage;

  beforeAll(async () => {
    world = await makeBoardWorld("by keys");
    const { url, ...rest } = await listening(world.app);
    board = rest.board;
    page = await browser.open();
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(url);
    await page.until(`document.querySelector(".picture")`);
  });
  afterAll(async () => {
    await page.close();
    await board.close();
    await world.close();
  });

  async function press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await page.keyboard.press(key);
  }
  /** Goes from one element to the next until `at` is the one that is meant. */
  async function tabTo(condition: string): Promise<void> {
    for (let steps = 0; steps < 100; steps++) {
      if ((await page.evaluate(`((at) => Boolean(${condition}))(document.activeElement)`)) === true) return;
      await press("Tab");
    }
    throw new Error(`No element that is reached by Tab is one with ${condition}`);
  }
  async function filterJobs(filter: string): Promise<void> {
    await press("g", "j");
    await page.until(`location.pathname === "/jobs" && document.querySelector("tbody tr[data-nth]")`);
    await press("/");
    await page.keyboard.type(filter);
    await press("Enter", "Escape");
    await page.until(`new URLSearchParams(location.search).get("q") === ${JSON.stringify(filter)}`);
    await page.until(
      `document.querySelector("main tbody tr .is-failed") && document.activeElement === document.body`,
    );
  }
  const says = (text: string) =>
    page.until(`document.querySelector(".toasts")?.innerText.includes("${text}")`);

  it("opens a job of a list and retries it; a dialog that closes gives the focus back", async () => {
    await filterJobs("task:webhook.deliver state:failed");
    await press("j", "Enter");
    await page.until(
      `location.pathname.startsWith("/jobs/webhook.deliver/") && document.querySelector("main dl")`,
    );
    await tabTo(`at.innerText === "Retry"`);
    await press("Enter");
    await page.until(`document.querySelector("dialog[open]")?.contains(document.activeElement)`);
    await press("Escape");
    await page.until(
      `document.querySelector("dialog") === null && document.activeElement.innerText === "Retry"`,
    );
    await press("r");
    await page.until(`document.querySelector("dialog[open] input") === document.activeElement`);
    await press("Enter");
    await says("It was retried.");
  });

  it("chooses jobs and retries them all at once", async () => {
    await filterJobs("task:webhook.deliver state:failed");
    await press("j", "x", "j", "x", "r");
    await page.until(`document.querySelector("dialog [type=submit]")?.disabled === false`);
    await tabTo(`at.type === "submit" && at.innerText === "Retry 2 jobs"`);
    await press("Enter");
    await page.until(`/Done:\\s+2 of 2/.test(document.querySelector(".operations")?.innerText)`);
    await tabTo(`at.innerText === "Close" && at.closest(".operations")`);
    await press("Enter");
    await page.until(`document.querySelector(".operations") === null`);
  });

  it("finds a task, pauses it, and dispatches a job of it", async () => {
    await press("g", "t");
    await page.until(`document.querySelector("main input[type=search]")`);
    await press("/");
    await page.keyboard.type("invoice");
    await press("Escape", "j", "Enter");
    await page.until(`location.pathname === "/tasks/invoice.send" && document.querySelector("main .gauges")`);
    await press("p");
    await page.until(`document.querySelector("dialog[open] input") === document.activeElement`);
    await press("Enter");
    await says("invoice.send is paused.");
    await press("n");
    await page.until(`document.querySelector("form.new-job")`);
    for (const [field, value] of [
      ["to", "ada@example.com"],
      ["id", "o-by-keys"],
      ["totalCents", "1200"],
    ] as const) {
      await tabTo(`at.name === "${field}"`);
      await press("Control+a");
      await page.keyboard.type(value);
    }
    await tabTo(`at.type === "submit"`);
    await press("Enter");
    await page.until(`location.pathname.startsWith("/jobs/invoice.send/")`);
    await says("It was dispatched.");
  });

  it("shows the list of keys, keeps a view of jobs, and tells times by UTC", async () => {
    await filterJobs("state:failed");
    await press("?");
    await page.until(`/Retry|Choose the row/.test(document.querySelector("dialog[open]")?.innerText)`);
    await press("Escape");
    await tabTo(`at.innerText === "Views"`);
    await press("Enter");
    await tabTo(`at.closest(".menu form") && at.type === "text"`);
    await page.keyboard.type("what failed");
    await press("Enter");
    await page.goto(new URL("/jobs", page.url()).href);
    await tabTo(`at.innerText === "Views"`);
    await press("Enter");
    await tabTo(`at.innerText === "what failed"`);
    await press("Enter");
    await page.until(`new URLSearchParams(location.search).get("q") === "state:failed"`);
    await tabTo(`at.matches(".zone select")`);
    await page.keyboard.type("UTC");
    await page.until(`/UTC$/.test(document.querySelector("tbody time")?.title)`);
    expect(page.troubles).toEqual([]);
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
