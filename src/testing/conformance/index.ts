import type { ConformanceCase } from "./kit.js";
import { lifecycleCases } from "./lifecycle-cases.js";

export type { ConformanceCase, ConformanceKit } from "./kit.js";

/** What every adapter does, as a list to run with any test runner. */
export const conformanceCases: readonly ConformanceCase[] = [...lifecycleCases];
