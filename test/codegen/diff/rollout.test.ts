import { describe, expect, it } from "vitest";
import { EDGE_IDS, type EdgeId } from "../../../codegen/diff/edges.js";
import { isErrorEdge } from "../../../codegen/diff/policy.js";
import { joinPlans, planRollout, type RolloutKind } from "../../../codegen/diff/rollout.js";

function planFor(broken: readonly EdgeId[], hasBump = false): RolloutKind {
  const edges = Object.fromEntries(EDGE_IDS.map((id) => [id, broken.includes(id) ? "break" : "ok"]));
  return planRollout(edges as Record<EdgeId, "ok" | "break">, { hasBump }).kind;
}

/** Whether services may be deployed in an order, given what breaks. */
function survives(kind: RolloutKind, broken: readonly EdgeId[]): boolean {
  const breaks = (edge: EdgeId): boolean => broken.includes(edge);
  // Workers first: new workers take old jobs, and old producers read new results.
  const workersFirst = !breaks("queuedJobs") && !breaks("resultReaders");
  // Producers first: old workers take new jobs, new producers read old results; and old jobs may be left over.
  const producersFirst = !breaks("rollingDeploy") && !breaks("storedResults");
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
      // A version gates payloads both ways, results are read as before.
      return !breaks("resultReaders");
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

  it("joins tasks that want opposite orders into two phases", () => {
    const of = (broken: readonly EdgeId[]) =>
      planRollout(
        Object.fromEntries(EDGE_IDS.map((id) => [id, broken.includes(id) ? "break" : "ok"])) as Record<
          EdgeId,
          "ok" | "break"
        >,
        { hasBump: false },
      );
    expect(joinPlans([of([]), of(["rollingDeploy"])]).kind).toBe("workers-first");
    expect(joinPlans([of(["resultReaders"]), of(["rollingDeploy"])]).kind).toBe("two-phase");
    expect(joinPlans([]).kind).toBe("any-order");
  });
});

describe("policies", () => {
  it("name the edges whose break is an error", () => {
    const errors = (policy: Parameters<typeof isErrorEdge>[0]) =>
      EDGE_IDS.filter((edge) => isErrorEdge(policy, edge));
    expect(errors("workers-first")).toEqual(["queuedJobs", "resultReaders"]);
    expect(errors("producers-first")).toEqual(["rollingDeploy", "storedResults"]);
    expect(errors("any-order")).toEqual(EDGE_IDS);
  });
});
