/** Makes the pictures of docs/board.md: `npx tsx scripts/board-pictures.ts`. They show a shop at work, on the memory adapter. */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createBoard } from "taskora/board";
import { makeBoardWorld } from "../test/support/board-world.js";
import { openBrowser, type WatchedPage } from "./browser.js";

const FOLDER = fileURLToPath(new URL("../docs/pictures/", import.meta.url));
const SIZE = { width: 1280, height: 800 };
const TICK_MS = 40;
/** Rates are those of five seconds, the small pictures those of five minutes. */
const SETTLE_MS = 12_000;

interface Picture {
  readonly file: string;
  readonly path: string;
  readonly colorScheme?: "dark";
}

async function main(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const world = await makeBoardWorld("spring sale");
  const board = createBoard(world.app);
  const { url } = await board.listen({ port: 0 });
  let sent = 0;
  const shop = setInterval(() => {
    sent += 1;
    world.sell(sent);
    if (sent % 12 === 0) world.release();
  }, TICK_MS);
  const browser = await openBrowser();
  try {
    const page = await browser.open();
    await page.setViewportSize(SIZE);
    await page.goto(url);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    for (const picture of await picturesOf(world.app)) await take(page, { ...picture, url });
  } finally {
    clearInterval(shop);
    await browser.close();
    await board.close();
    await world.close();
  }
}

async function picturesOf(
  app: Awaited<ReturnType<typeof makeBoardWorld>>["app"],
): Promise<readonly Picture[]> {
  const [workflow] = (await app.workflows.list()).items;
  return [
    { file: "home", path: "/" },
    { file: "home-dark", path: "/", colorScheme: "dark" },
    { file: "task", path: "/tasks/invoice.send" },
    { file: "jobs", path: "/jobs?q=task:webhook.deliver+state:failed" },
    { file: "workflow", path: `/workflows/${workflow?.id ?? ""}` },
  ];
}

async function take(page: WatchedPage, { file, path, colorScheme = "light", url }: TakenFrom): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.goto(new URL(path, url).href);
  await page.until(`document.querySelector("main h1")`);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await page.screenshot({ path: `${FOLDER}board-${file}.png` });
}

type TakenFrom = Omit<Picture, "colorScheme"> & {
  readonly colorScheme?: "light" | "dark";
  readonly url: string;
};

await main();
