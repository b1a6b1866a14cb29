import { describe, expect, it } from "vitest";
import { type Approval, printApprovals } from "../../../codegen/diff/approvals.js";

function anApproval(task: string, id: string): Approval {
  return { task, id, rule: "TYPE_CHANGED", path: "input.a", reason: "it is fine" };
}

describe("the file of approvals", () => {
  it("is sorted by task and id, so that two branches that accept something merge", () => {
    const given = [
      anApproval("b.a", "1"),
      anApproval("a.b", "2"),
      anApproval("a.b", "1"),
      anApproval("a.a", "9"),
    ];
    const sorted = [
      anApproval("a.a", "9"),
      anApproval("a.b", "1"),
      anApproval("a.b", "2"),
      anApproval("b.a", "1"),
    ];
    expect((JSON.parse(printApprovals(given)) as { approvals: object[] }).approvals).toEqual(sorted);
    expect(printApprovals(given.toReversed())).toBe(printApprovals(given));
  });

  it("is the same text whatever was accepted last", () => {
    const [a, b] = [anApproval("a.b", "1"), anApproval("a.b", "2")];
    expect(printApprovals([b, a])).toBe(printApprovals([a, b]));
  });
});
