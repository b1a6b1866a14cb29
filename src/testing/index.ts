/** The `taskora/testing` entry: virtual time, and the cases every adapter must pass. */
export { VirtualClock } from "./virtual-clock.js";
