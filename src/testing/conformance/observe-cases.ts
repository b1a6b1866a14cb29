import { auditCases } from "./audit-cases.js";
import { gaugeCases } from "./gauge-cases.js";
import { type ConformanceCase, needing } from "./kit.js";
import { measureCases } from "./measure-cases.js";
import { toldContractCases } from "./told-contract-cases.js";

/** What operators see. */
export const observeCases: readonly ConformanceCase[] = needing(
  ["observe"],
  [...gaugeCases, ...toldContractCases, ...auditCases, ...measureCases],
);
