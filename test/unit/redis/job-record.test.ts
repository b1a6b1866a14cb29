import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeAttempt,
  decodeClaim,
  decodeLogLine,
  decodeRecord,
  decodeSections,
  toClaimedJob,
  toSnapshot,
} from "../../../src/redis/codec/job-record.js";

const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array));

describe("reading what is stored", () => {
  it("never throws for records, claims and lists that were damaged", () => {
    fc.assert(
      fc.property(bytes, (raw) => {
        decodeRecord(raw);
        decodeClaim(raw);
        decodeSections(raw);
        decodeAttempt(raw);
        decodeLogLine(raw);
      }),
    );
  });

  it("marks a claimed job whose record is cut", () => {
    const job = toClaimedJob(Buffer.from("w"), { task: "t", id: "a", fence: 7, lease: "w1" });
    expect(job).toMatchObject({ id: "a", fence: 7, attempt: 1, payload: "" });
    expect(job.corrupt).toContain("1 bytes");
  });

  it("shows a damaged job in the state its index says", () => {
    const none = Buffer.alloc(0);
    const parts = {
      id: "a",
      state: "f",
      record: Buffer.from("?"),
      claim: none,
      due: "",
      expiry: "",
      progress: none,
      group: "",
    };
    expect(toSnapshot("t", parts)).toMatchObject({ id: "a", state: "failed", corrupt: expect.any(String) });
  });

  it("knows no job without a state", () => {
    const none = Buffer.alloc(0);
    const parts = {
      id: "a",
      state: "",
      record: none,
      claim: none,
      due: "",
      expiry: "",
      progress: none,
      group: "",
    };
    expect(toSnapshot("t", parts)).toBeUndefined();
  });
});
