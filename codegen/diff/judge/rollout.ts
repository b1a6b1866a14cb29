import type { EdgeId } from "./edges.js";
import type { Verdict } from "./settle.js";

/** In which order a change can be rolled out. */
export type RolloutKind =
  | "any-order"
  | "workers-first"
  | "producers-first"
  | "drain-or-migrate"
  | "version-migration"
  | "two-phase";

/** The order, and the steps as sentences. */
export interface RolloutPlan {
  readonly kind: RolloutKind;
  readonly title: string;
  readonly steps: readonly string[];
}

const PLANS: Readonly<Record<RolloutKind, Omit<RolloutPlan, "kind">>> = {
  "any-order": { title: "any order", steps: ["Deploy workers and producers in any order."] },
  "workers-first": {
    title: "workers first",
    steps: ["Deploy all workers.", "Then deploy the producers."],
  },
  "producers-first": {
    title: "producers first",
    steps: [
      "Deploy all producers, who read both old and new results and messages.",
      "Then deploy the workers.",
    ],
  },
  "drain-or-migrate": {
    title: "drain or migrate first",
    steps: [
      "Deploy all producers; old workers understand the new payloads.",
      "Wait until the old jobs are done (taskora diff --live shows what is left), or raise version and add migrate.",
      "Then deploy the workers.",
    ],
  },
  "version-migration": {
    title: "version + migration",
    steps: [
      "Raise version and add migrate to the contract: queued payloads are taken to the new form.",
      "Deploy all workers; jobs of the new version wait for them.",
      "Then deploy the producers.",
    ],
  },
  "two-phase": {
    title: "two-phase (expand, then contract)",
    steps: [
      "Expand: accept and return both forms; deploy workers, then producers.",
      "Wait until no job and no stored result of the old form is left.",
      "Contract: remove the old form, in a second change.",
    ],
  },
};

/** The plan that follows from what breaks; `hasBump`: the version was raised, which gates payloads. */
export function planRollout(
  edges: Readonly<Record<EdgeId, Verdict["verdict"]>>,
  options: { readonly hasBump: boolean },
): RolloutPlan {
  const kind = rolloutKind(edges, options.hasBump);
  return { kind, ...PLANS[kind] };
}

function rolloutKind(edges: Readonly<Record<EdgeId, Verdict["verdict"]>>, hasBump: boolean): RolloutKind {
  const breaks = (edge: EdgeId): boolean => edges[edge] === "break";
  const needsWorkersFirst = breaks("rollingDeploy") || breaks("storedResults") || breaks("storedMessages");
  if (breaks("resultReaders") || breaks("messageReaders")) {
    if (breaks("queuedJobs") || needsWorkersFirst || hasBump) return "two-phase";
    return "producers-first";
  }
  if (breaks("queuedJobs")) return needsWorkersFirst || hasBump ? "version-migration" : "drain-or-migrate";
  if (hasBump) return "version-migration";
  return needsWorkersFirst ? "workers-first" : "any-order";
}

const ORDER: readonly RolloutKind[] = [
  "any-order",
  "workers-first",
  "producers-first",
  "drain-or-migrate",
  "version-migration",
  "two-phase",
];

/** One plan for several tasks that are deployed together: the most demanding, or two-phase where two exclude each other. */
export function joinPlans(plans: readonly RolloutPlan[]): RolloutPlan {
  const kinds = new Set(plans.map((plan) => plan.kind));
  const forward = kinds.has("workers-first") || kinds.has("version-migration");
  const backward = kinds.has("producers-first") || kinds.has("drain-or-migrate");
  const worst = ORDER.filter((kind) => kinds.has(kind)).at(-1) ?? "any-order";
  const kind = forward && backward ? "two-phase" : worst;
  return { kind, ...PLANS[kind] };
}
