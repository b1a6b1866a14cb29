/** Debian's Chromium, driven for tests of pages. What drives it is installed when the first test asks for it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { findChromium, missingChromium } from "./chromium.js";
import { installOwnPackages } from "./own-packages.js";

/** A page may need a while on a busy machine. */
const PATIENCE_MS = 15_000;
const FOLDER = fileURLToPath(new URL("./browser/", import.meta.url));

/** What is used of a page of Playwright's. Work in the page is given as text: its types are not ours. */
export interface Page {
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  url(): string;
  title(): Promise<string>;
  evaluate(work: string): Promise<unknown>;
  waitForSelector(selector: string, options?: { timeout?: number }): Promise<unknown>;
  click(selector: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  setViewportSize(size: { readonly width: number; readonly height: number }): Promise<void>;
  emulateMedia(media: {
    readonly colorScheme?: "light" | "dark";
    readonly reducedMotion?: "reduce";
  }): Promise<void>;
  screenshot(options: { readonly path: string; readonly fullPage?: boolean }): Promise<unknown>;
  readonly keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
  on(event: string, listener: (value: never) => void): void;
  close(): Promise<void>;
}

interface Browser {
  newContext(options: object): Promise<{ newPage(): Promise<Page>; close(): Promise<void> }>;
  close(): Promise<void>;
}

/** A page, and everything that it should not have done. */
export interface WatchedPage extends Page {
  /** Errors of the console, exceptions, dialogs, answers of 500, and reports of the content security policy. */
  readonly troubles: string[];
  /** Waits for an expression to be true: what Playwright has for it is eval in the page, which its policy forbids. */
  until(condition: string): Promise<void>;
}

/** A rule of axe that a page breaks. */
export interface AxeViolation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly string[];
}

export interface BrowserSession {
  open(): Promise<WatchedPage>;
  close(): Promise<void>;
}

/** Starts it, without a window. */
export async function openBrowser(): Promise<BrowserSession> {
  const missing = missingChromium();
  if (missing !== undefined) throw new Error(missing);
  installOwnPackages(FOLDER);
  const { chromium } = createRequire(`${FOLDER}package.json`)("playwright-core") as {
    readonly chromium: { launch(options: object): Promise<Browser> };
  };
  const browser = await chromium.launch({
    executablePath: findChromium(),
    // As root, as on a build machine, Chromium has no sandbox.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  return {
    async open() {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      return watched(await context.newPage());
    },
    close: () => browser.close(),
  };
}

function watched(page: Page): WatchedPage {
  const troubles: string[] = [];
  page.on("console", (message: { type(): string; text(): string }) => {
    if (message.type() === "error" || /Content Security Policy/.test(message.text()))
      troubles.push(message.text());
  });
  page.on("pageerror", (error: Error) => void troubles.push(`${error.name}: ${error.message}`));
  page.on("dialog", (dialog: { message(): string; dismiss(): Promise<void> }) => {
    troubles.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("response", (response: { status(): number; url(): string }) => {
    if (response.status() >= 500) troubles.push(`${response.status()} for ${response.url()}`);
  });
  return Object.assign(page, { troubles, until: (condition: string) => until(page, condition) });
}

async function until(page: Page, condition: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await page.evaluate(`Boolean(${condition})`)) !== true) {
    if (performance.now() > deadline) {
      const text = String(await page.evaluate("document.body.innerText"));
      throw new Error(`${page.url()} has not come to ${condition}. It says:\n${text.slice(0, 2000)}`);
    }
    await page.evaluate("new Promise((resolve) => setTimeout(resolve, 50))");
  }
}

let axe: string | undefined;

/** What axe finds on a page as it stands: WCAG 2.1, A and AA. */
export async function axeViolations(page: Page): Promise<readonly AxeViolation[]> {
  axe ??= readFileSync(`${FOLDER}node_modules/axe-core/axe.min.js`, "utf8");
  await page.evaluate(axe);
  const found = await page.evaluate(`
    axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }).then(({ violations }) =>
      violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html.slice(0, 200)).slice(0, 5) })))`);
  return found as readonly AxeViolation[];
}
