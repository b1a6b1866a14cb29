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
import { idempotencyCases } from "./idempotency-cases.js";
import { insertCases } from "./insert-cases.js";
import type { ConformanceCase } from "./kit.js";
import { leaseCases } from "./lease-cases.js";
import { lifecycleCases } from "./lifecycle-cases.js";
import { limitCases } from "./limit-cases.js";
import { mixedLimitCases } from "./mixed-limit-cases.js";
import { newerCases } from "./newer-cases.js";
import { noteCases } from "./note-cases.js";
import { rateCases } from "./rate-cases.js";
import { readCases } from "./read-cases.js";
import { scheduleCases } from "./schedule-cases.js";
import { settleCases } from "./settle-cases.js";
import { surveyCases } from "./survey-cases.js";
import { suspectCases } from "./suspect-cases.js";
import { sweepCases } from "./sweep-cases.js";
import { throttleCases } from "./throttle-cases.js";
import { topicCases } from "./topic-cases.js";
import { traceCases } from "./trace-cases.js";
import { uniqueCases } from "./unique-cases.js";
import { waitCases } from "./wait-cases.js";
import { watchCases } from "./watch-cases.js";
import { workflowCases } from "./workflow-cases.js";

export type { ConformanceCase, ConformanceKit } from "./kit.js";

/**
 * What every adapter does, as plain cases for any test runner. Each needs a kit over an empty store:
 *
 * ```ts
 * // the same lines with `describe`/`it` of vitest and `describe`/`test` of node:test
 * for (const { name, run } of conformanceCases) it(name, () => run(makeKit()));
 * ```
 */
export const conformanceCases: readonly ConformanceCase[] = [
  ...lifecycleCases,
  ...insertCases,
  ...claimCases,
  ...settleCases,
  ...batchCases,
  ...leaseCases,
  ...suspectCases,
  ...sweepCases,
  ...traceCases,
  ...surveyCases,
  ...newerCases,
  ...waitCases,
  ...cancelCases,
  ...changeCases,
  ...controlCases,
  ...noteCases,
  ...watchCases,
  ...readCases,
  ...topicCases,
  ...contractStoreCases,
  ...groupCases,
  ...limitCases,
  ...rateCases,
  ...mixedLimitCases,
  ...collectCases,
  ...uniqueCases,
  ...idempotencyCases,
  ...throttleCases,
  ...debounceCases,
  ...crowdCases,
  ...scheduleCases,
  ...damageCases,
  ...workflowCases,
  ...connectionCases,
];
