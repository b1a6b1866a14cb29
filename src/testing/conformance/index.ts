import { claimCases } from "./claim-cases.js";
import { insertCases } from "./insert-cases.js";
import type { ConformanceCase } from "./kit.js";
import { lifecycleCases } from "./lifecycle-cases.js";
import { settleCases } from "./settle-cases.js";

export type { ConformanceCase, ConformanceKit } from "./kit.js";

/** What every adapter does, as a list to run with any test runner. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...lifecycleCases,
  ...insertCases,
  ...claimCases,
  ...settleCases,
];
