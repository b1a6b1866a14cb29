import { setFlagsFromString } from "node:v8";
import { expect, it } from "vitest";
import { newRecord } from "../../../src/memory/job-record.js";

it("keeps the record of a job in the form that V8 makes and reads fast, not as a dictionary", () => {
  setFlagsFromString("--allow-natives-syntax");
  const isFast = new Function("value", "return %HasFastProperties(value)") as (value: object) => boolean;
  const job = { task: "one", id: "a", payload: "1", version: 1, fingerprint: "", priority: 0 };
  const records = Array.from({ length: 100 }, (_, nth) =>
    newRecord({ ...job, id: `a${nth}` }, nth, { dueAt: nth, override: {} }),
  );
  expect(records.every(isFast)).toBe(true);
});
