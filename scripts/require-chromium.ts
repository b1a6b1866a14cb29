/** Opens `npm test`: ends it at once, with one sentence, where no Chromium can be had for the tests of pages. */
import { missingChromium } from "./chromium.js";

const missing = missingChromium();
if (missing !== undefined) {
  process.stderr.write(`${missing}\n`);
  process.exitCode = 1;
}
