/** The `taskora/testing` entry: virtual time, and the cases every adapter must pass. */

export { type ConformanceCase, type ConformanceKit, conformanceCases } from "./conformance/index.js";
export { VirtualClock } from "./virtual-clock.js";
