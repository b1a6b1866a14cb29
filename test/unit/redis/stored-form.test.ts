import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { storedForm } from "../../../scripts/stored-form.js";
import { FORMAT_VERSION } from "../../../src/redis/codec/record-layout.js";

/** What each number has stood for. Builds of one number work on one store together, so an entry never changes. */
const RECORDED: Readonly<Record<number, string>> = {
  4: "164b1092c3262d13653c20378422856da273b0dd",
  5: "bb4748e3a664ed3b362e4ef9b020d4c35bb587ff",
  6: "b42b0ebfc160a4dbf0cc26d89ddaf2bdc2cb246a",
  7: "8e36cfbafcf254bd2851255cafd32892481f6e90",
  8: "21ec83d917c3ff94ebf5614dd7737a975a917963",
};

describe("the stored form of Redis", () => {
  it("is the list that is checked in", () => {
    expect(readFileSync("src/redis/stored-form.generated.txt", "utf8")).toBe(storedForm());
  });

  it("is what was recorded for its number: whoever changes it raises FORMAT_VERSION and adds an entry", () => {
    expect(createHash("sha1").update(storedForm()).digest("hex")).toBe(RECORDED[FORMAT_VERSION]);
  });
});
