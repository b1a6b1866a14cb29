import { describe, expect, it } from "vitest";
import { jobOrigin } from "../../../src/core/job-origin.js";
import { stepJobId } from "../../../src/core/workflow/store.js";

describe("the origin of a job", () => {
  it.each([
    ["-0aB_z90123456", undefined, undefined],
    [stepJobId({ workflow: "-0aB_z90123456", node: 7, run: 1 }), "-0aB_z90123456", undefined],
    [stepJobId({ workflow: "-0aB_z90123456", node: 7, run: 2 }), "-0aB_z90123456", undefined],
    ["daily@1764547200000", undefined, "daily"],
    ["report.2@1764547200000", undefined, "report.2"],
    ["a@b@1764547200000", undefined, "a@b"],
    [
      stepJobId({ workflow: "report.2@1764547200000", node: 0, run: 3 }),
      "report.2@1764547200000",
      "report.2",
    ],
    ["someone@example.org", undefined, undefined],
    ["file.txt", undefined, undefined],
    ["", undefined, undefined],
  ])("is what the id %j says", (id, workflow, schedule) => {
    expect(jobOrigin(id)).toEqual({ workflow, schedule });
  });
});
