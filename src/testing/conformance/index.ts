import { annotateCases } from "./annotate-cases.js";
import { batchCases } from "./batch-cases.js";
import { cancelCases } from "./cancel-cases.js";
import { changeCases } from "./change-cases.js";
import { claimCases } from "./claim-cases.js";
import { collectCases } from "./collect-cases.js";
import { connectionCases } from "./connection-cases.js";
import { contractStoreCases } from "./contract-store-cases.js";
import { controlCases } from "./control-cases.js";
import { crowdCases } from "./crowd-cases.js";
import { damageCases } from "./damage-cases.js";
import { debounceCases } from "./debounce-cases.js";
import { groupCases } from "./group-cases.js";
import { holderCases } from "./holder-cases.js";
import { idempotencyCases } from "./idempotency-cases.js";
import { insertCases } from "./insert-cases.js";
import { type ConformanceCase, needing } from "./kit.js";
import { largePayloadCases } from "./large-payload-cases.js";
import { leaseCases } from "./lease-cases.js";
import { lifecycleCases } from "./lifecycle-cases.js";
import { limitCases } from "./limit-cases.js";
import { messageCases, messageEventCases } from "./message-cases.js";
import { mixedLimitCases } from "./mixed-limit-cases.js";
import { newerCases } from "./newer-cases.js";
import { nextPriorityCases } from "./next-priority-cases.js";
import { observeCases } from "./observe-cases.js";
import { overrideLimitCases, overrideRateCases } from "./override-cases.js";
import { rateCases } from "./rate-cases.js";
import { readCases } from "./read-cases.js";
import { type ConformanceOptions, registerCases } from "./register.js";
import { scheduleCases } from "./schedule-cases.js";
import { settleCases } from "./settle-cases.js";
import { surveyCases } from "./survey-cases.js";
import { suspectCases } from "./suspect-cases.js";
import { sweepCases } from "./sweep-cases.js";
import { throttleCases } from "./throttle-cases.js";
import { topicCases } from "./topic-cases.js";
import { traceCases } from "./trace-cases.js";
import { uniqueCases } from "./unique-cases.js";
import { vitalsCases } from "./vitals-cases.js";
import { waitCases } from "./wait-cases.js";
import { waitingSinceCases } from "./waiting-since-cases.js";
import { watchCases } from "./watch-cases.js";
import { workflowCases } from "./workflow-cases.js";

export type { ConformanceCase, ConformanceKit } from "./kit.js";
export type { ConformanceOptions, TestRegistrar } from "./register.js";

/**
 * What every adapter does, as plain cases for any test runner. Each needs a kit over an empty store, and an adapter that
 * can do what it `needs`; {@link registerConformance} sees to both.
 */
export const conformanceCases: readonly ConformanceCase[] = [
  ...lifecycleCases,
  ...insertCases,
  ...largePayloadCases,
  ...claimCases,
  ...settleCases,
  ...batchCases,
  ...leaseCases,
  ...needing(["suspects"], suspectCases),
  ...sweepCases,
  ...traceCases,
  ...surveyCases,
  ...needing(["versions"], newerCases),
  ...waitCases,
  ...waitingSinceCases,
  ...cancelCases,
  ...changeCases,
  ...needing(["control"], controlCases),
  ...annotateCases,
  ...watchCases,
  ...readCases,
  ...nextPriorityCases,
  ...topicCases,
  ...contractStoreCases,
  ...vitalsCases,
  ...observeCases,
  ...needing(["groups"], groupCases),
  ...needing(["limits"], limitCases),
  ...needing(["rates"], rateCases),
  ...mixedLimitCases,
  ...needing(["overrides", "limits"], overrideLimitCases),
  ...needing(["overrides", "rates"], overrideRateCases),
  ...needing(["collect"], collectCases),
  ...needing(["unique"], uniqueCases),
  ...needing(["idempotency"], idempotencyCases),
  ...holderCases,
  ...needing(["messages"], messageCases),
  ...needing(["messages", "events"], messageEventCases),
  ...needing(["throttle"], throttleCases),
  ...needing(["debounce"], debounceCases),
  ...crowdCases,
  ...scheduleCases,
  ...damageCases,
  ...needing(["workflows"], workflowCases),
  ...connectionCases,
];

/**
 * Registers every conformance case with a test runner:
 *
 * ```ts
 * registerConformance({ adapter: myAdapter(), kit: makeKit, it });
 * ```
 *
 * Cases that need what the adapter declines are skipped, and one line says how many.
 */
export function registerConformance(options: ConformanceOptions): void {
  registerCases(conformanceCases, options);
}
