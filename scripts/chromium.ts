/** Finds a Chromium for the tests of pages: `CHROMIUM_PATH` first, then one on the PATH (installed by apt-get on a Debian with root). */
import { install, isExecutable, onPath } from "./local-server.js";

const BINARIES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const INSTALL_HINT =
  "No Chromium found: install chromium (Debian: apt-get install chromium) or set CHROMIUM_PATH to one.";

/** The file to run; undefined: there is none. */
export function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH ?? "";
  if (named !== "") return isExecutable(named) ? named : undefined;
  return BINARIES.flatMap(onPath)[0];
}

/**
 * Looks whether tests can have a Chromium, and installs one where that is possible.
 *
 * @returns what stands in the way, in one sentence; undefined: nothing
 */
export function missingChromium(): string | undefined {
  if (findChromium() !== undefined) return undefined;
  const named = process.env.CHROMIUM_PATH ?? "";
  if (named !== "") return `CHROMIUM_PATH names ${named}, which cannot be run.`;
  install("chromium", "There is no chromium on the PATH");
  return findChromium() === undefined ? INSTALL_HINT : undefined;
}
