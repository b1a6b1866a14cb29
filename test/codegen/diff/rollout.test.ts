import { describe, expect, it } from "vitest";
import { EDGE_IDS, type EdgeId } from "../../../codegen/diff/judge/edges.js";
import { isErrorEdge } from "../../../codegen/diff/judge/policy.js";
import { joinPlans, planRollout, type RolloutKind } from "../../../codegen/diff/judge/rollout.js";

function planFor(broken: readonly EdgeId[], hasBump = false): RolloutKind {
  return planRollout(edgesOf(broken), { hasBump }).kind;
}

/** Whether services may be deployed in an order, given what breaks. */
function survives(kind: RolloutKind, broken: readonly EdgeId[]): boolean {
  const breaks = (edge: EdgeId): boolean => broken.includes(edge);
  const oldReadNew = !breaks("resultReaders") && !breaks("messageReaders");
  const newReadOld = !breaks("storedResults") && !breaks("storedMessages");
  // Workers first: new workers take old jobs, and old producers read new results and messages.
  const workersFirst = !breaks("queuedJobs") && oldReadNew;
  // Producers first: old workers take new jobs, new producers read old results; and old jobs may be left over.
  const producersFirst = !breaks("rollingDeploy") && newReadOld;
  switch (kind) {
    case "any-order":
      return workersFirst && producersFirst;
    case "workers-first":
      return workersFirst;
    case "producers-first":
      return producersFirst && !breaks("queuedJobs");
    case "drain-or-migrate":
      return producersFirst;
    case "version-migration":
      // A version gates payloads both ways, results and messages are read as before.
      return oldReadNew;
    case "two-phase":
      return true;
  }
}

const SUBSETS = Array.from({ length: 2 ** EDGE_IDS.length }, (_, bits) =>
  EDGE_IDS.filter((_id, index) => (bits >> index) % 2 === 1),
);

describe("the rollout plan", () => {
  it.each(SUBSETS.map((broken) => [broken.join(" ") || "nothing", broken] as const))(
    "keeps everything working when this breaks: %s",
    (_title, broken) => {
      expect(survives(planFor(broken), broken)).toBe(true);
    },
  );

  it.each<[RolloutKind, readonly EdgeId[]]>([
    ["any-order", []],
    ["workers-first", ["rollingDeploy"]],
    ["workers-first", ["storedResults"]],
    ["producers-first", ["resultReaders"]],
    ["workers-first", ["storedMessages"]],
    ["producers-first", ["messageReaders"]],
    ["two-phase", ["messageReaders", "storedMessages"]],
    ["drain-or-migrate", ["queuedJobs"]],
    ["version-migration", ["queuedJobs", "rollingDeploy"]],
    ["two-phase", ["resultReaders", "storedResults"]],
    ["two-phase", ["queuedJobs", "resultReaders"]],
  ])("is %s for %j", (kind, broken) => {
    expect(planFor(broken)).toBe(kind);
  });

  it("is version + migration where the version was raised", () => {
    expect(planFor([], true)).toBe("version-migration");
    expect(planFor(["resultReaders"], true)).toBe("two-phase");
  });
});

function edgesOf(broken: readonly EdgeId[]): Record<EdgeId, "ok" | "break"> {
  return Object.fromEntries(EDGE_IDS.map((id) => [id, broken.includes(id) ? "break" : "ok"])) as Record<
    EdgeId,
    "ok" | "break"
  >;
}

const KINDS: readonly RolloutKind[] = [
  "any-order",
  "workers-first",
  "producers-first",
  "drain-or-migrate",
  "version-migration",
  "two-phase",
];

/** The plan of two tasks together: a row per plan of the first, a column per plan of the second. */
const JOINED: Readonly<Record<RolloutKind, readonly RolloutKind[]>> = {
  "any-order": KINDS,
  "workers-first": [
    "workers-first",
    "workers-first",
    "two-phase",
    "two-phase",
    "version-migration",
    "two-phase",
  ],
  "producers-first": [
    "producers-first",
    "two-phase",
    "producers-first",
    "drain-or-migrate",
    "two-phase",
    "two-phase",
  ],
  "drain-or-migrate": [
    "drain-or-migrate",
    "two-phase",
    "drain-or-migrate",
    "drain-or-migrate",
    "two-phase",
    "two-phase",
  ],
  "version-migration": [
    "version-migration",
    "version-migration",
    "two-phase",
    "two-phase",
    "version-migration",
    "two-phase",
  ],
  "two-phase": KINDS.map(() => "two-phase"),
};

/** A plan of each kind. */
function planOf(kind: RolloutKind) {
  return { kind, title: kind, steps: [] };
}

describe("the plan of several tasks", () => {
  it.each(KINDS.flatMap((a) => KINDS.map((b, index) => [a, b, JOINED[a][index]] as const)))(
    "of %s and %s is %s",
    (a, b, joined) => {
      expect(joinPlans([planOf(a), planOf(b)]).kind).toBe(joined);
    },
  );

  it("keeps every task working, whatever each of two breaks", () => {
    for (const first of SUBSETS) {
      for (const second of SUBSETS) {
        const plans = [first, second].map((broken) => planRollout(edgesOf(broken), { hasBump: false }));
        const { kind } = joinPlans(plans);
        expect([kind, survives(kind, first), survives(kind, second)]).toEqual([kind, true, true]);
      }
    }
  });

  it("has the steps of the plan it is", () => {
    const workersFirst = planRollout(edgesOf(["rollingDeploy"]), { hasBump: false });
    expect(joinPlans([workersFirst])).toEqual(workersFirst);
    expect(joinPlans([])).toEqual(planRollout(edgesOf([]), { hasBump: false }));
  });
});

describe("policies", () => {
  it("name the edges whose break is an error", () => {
    const errors = (policy: Parameters<typeof isErrorEdge>[0]) =>
      EDGE_IDS.filter((edge) => isErrorEdge(policy, edge));
    expect(errors("workers-first")).toEqual(["queuedJobs", "resultReaders", "messageReaders"]);
    expect(errors("producers-first")).toEqual(["rollingDeploy", "storedResults", "storedMessages"]);
    expect(errors("any-order")).toEqual(EDGE_IDS);
  });
});
