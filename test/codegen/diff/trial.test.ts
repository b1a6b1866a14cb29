import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createTrial, shortestFirst } from "../../../codegen/diff/judge/trial.js";
import { irOf } from "../from-zod-support.js";

describe("a payload that travels from one schema to the other", () => {
  const send = createTrial(
    irOf(z.object({ a: z.string().optional(), b: z.string().default("x") })),
    irOf(z.object({ a: z.string(), b: z.string() })),
  );

  it("is refused by the writer, fits, or fails at the reader, as it is on the wire", () => {
    expect(send({ a: 1 })).toEqual({ status: "refused" });
    const payload = { a: "1", c: true };
    expect(send(payload)).toEqual({ status: "fits", payload, wire: { a: "1", b: "x" } });
    expect(send({ a: undefined })).toMatchObject({
      status: "fails",
      wire: { b: "x" },
      issues: [{ path: ["a"] }],
    });
  });

  it("is a payload of nothing where nothing is sent", () => {
    const nothing = createTrial(irOf(z.undefined()), irOf(z.string()));
    expect(nothing(undefined)).toMatchObject({ status: "fails", wire: undefined });
  });
});

describe("shortestFirst", () => {
  it("shows a payload before those that take longer to read", () => {
    const wires = ["ccc", { a: 1 }, undefined, "bb", ""];
    const proofs = wires.map((wire) => ({ payload: wire, wire, issues: [] }));
    expect(shortestFirst(proofs).map(({ wire }) => wire)).toEqual([undefined, "", "bb", "ccc", { a: 1 }]);
  });
});
