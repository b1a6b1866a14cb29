/** The `taskora/testing` entry: apps with virtual time, and the cases every adapter must pass. */
export {
  type ConformanceCase,
  type ConformanceKit,
  type ConformanceOptions,
  conformanceCases,
  registerConformance,
  type TestRegistrar,
} from "./conformance/index.js";
export {
  type ContractCase,
  type ContractCaseOptions,
  contractCases,
} from "./contract-cases/contract-cases.js";
export {
  findContradictions,
  type GateEntries,
  type Inspected,
  type KeyEntry,
  type TaskEntries,
} from "./invariants/index.js";
export { createTestApp, type TestApp, type TestAppOptions, type TestedApp } from "./test-app.js";
export { VirtualClock } from "./virtual-clock.js";
