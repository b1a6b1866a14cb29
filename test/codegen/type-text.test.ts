import { describe, expect, it } from "vitest";
import * as z from "zod";
import { hasOpaqueOutput, printTaskTypes, printType } from "../../codegen/type-text.js";
import { irOf } from "./from-zod-support.js";
import { zoo } from "./zoo.js";

const email = z.object({
  to: z.email().describe("Who gets it."),
  subject: z.string().trim().max(200),
  locale: z.enum(["en", "de"]).default("en").describe("Language of the template."),
  replyTo: z
    .string()
    .optional()
    .meta({ deprecated: "use from" as never }),
});

describe("printType", () => {
  it("prints an interface with what a reader should know", () => {
    expect(
      printType(irOf(email), { view: "input", name: "EmailSendInput" }),
    ).toBe(`export interface EmailSendInput {
  /**
   * Who gets it.
   * Format email.
   */
  to: string;
  /** Length at most 200. */
  subject: string;
  /**
   * Language of the template.
   *
   * @default "en"
   */
  locale?: "en" | "de" | undefined;
  /** @deprecated use from */
  replyTo?: string | undefined;
}
`);
  });

  it("prints the payload with its defaults filled in", () => {
    const text = printType(irOf(email), { view: "payload", name: "P" });
    expect(text).toContain('locale: "en" | "de";');
    expect(text).toContain("replyTo?: string | undefined;");
  });

  it("prints the wire form of a codec for whoever reads a result", () => {
    const schema = irOf(zoo.codec, "output");
    expect(printType(schema, { view: "return", name: "R" })).toContain("at: string | Date;");
    expect(printType(schema, { view: "result", name: "R" })).toContain("at: string;");
    expect(printType(schema, { view: "payload", name: "R" })).toContain("at: Date;");
  });

  it("prints a default in a result as always there", () => {
    const schema = irOf(z.object({ n: z.number().default(1) }), "output");
    expect(printType(schema, { view: "return", name: "R" })).toContain("n?: number | undefined;");
    expect(printType(schema, { view: "result", name: "R" })).toContain("n: number;");
  });

  it("gives a recursive root its own name, and other recursive parts names that start with it", () => {
    expect(printType(irOf(zoo.recursive), { view: "input", name: "Tree" })).toBe(
      "export interface Tree {\n  /** Length at least 1. */\n  name: string;\n  children: Tree[];\n}\n",
    );
    const inside = printType(irOf(zoo.recursiveInside), { view: "input", name: "Tree" });
    expect(inside).toContain("root: TreeNode;");
    expect(inside).toContain("export interface TreeNode {");
  });

  it("names recursive parts after their id", () => {
    const Item = z
      .object({
        get items() {
          return z.array(Item);
        },
      })
      .meta({ id: "line-item" });
    expect(printType(irOf(z.object({ item: Item })), { view: "input", name: "Cart" })).toContain(
      "CartLineItem",
    );
  });

  it("quotes keys that are no identifiers and escapes text", () => {
    const schema = z.object({ "a-b": z.string(), t: z.templateLiteral(["`$", "{x}", z.number()]) });
    const text = printType(irOf(schema), { view: "input", name: "T" });
    expect(text).toContain('"a-b": string;');
    expect(text).toContain("t: `\\`\\$");
  });

  it("cannot be broken out of by a description", () => {
    const schema = z.object({ a: z.string().describe("*/ export const x = 1; /*") });
    expect(printType(irOf(schema), { view: "input", name: "T" })).not.toContain("*/ export");
  });

  it("writes two ends of a range as one", () => {
    const schema = z.object({
      a: z.string().min(1).max(5),
      n: z.int().min(0).max(9),
      m: z.number().min(1).lt(3),
    });
    const text = printType(irOf(schema), { view: "input", name: "T" });
    expect(text).toContain("/** Length 1 to 5. */");
    expect(text).toContain("/** Integer, 0 to 9. */");
    expect(text).toContain("/** At least 1, below 3. */");
  });

  it("takes the given lines as the doc comment", () => {
    const text = printType(irOf(email), {
      view: "input",
      name: "T",
      doc: ["Sends.", "", "@see contracts/email.ts:4"],
    });
    expect(
      text.startsWith("/**\n * Sends.\n *\n * @see contracts/email.ts:4\n */\nexport interface T {"),
    ).toBe(true);
  });
});

describe("printTaskTypes", () => {
  const views = ["input", "payload", "return", "result"] as const;

  it("makes equal types aliases", () => {
    const input = irOf(z.object({ a: z.string() }));
    const output = irOf(z.object({ b: z.string().default("x") }), "output");
    const text = printTaskTypes({ identifier: "Do", input, output, views });
    expect(text).toContain("export type DoPayload = DoInput;");
    expect(text).toContain("export interface DoReturn {");
    expect(text).toContain("export interface DoResult {");
  });

  it("does not alias a return type to an input that happens to look alike, so that each can move", () => {
    const schema = z.object({ a: z.string() });
    const text = printTaskTypes({
      identifier: "Do",
      input: irOf(schema),
      output: irOf(schema, "output"),
      views,
    });
    expect(text).toContain("export interface DoReturn {");
  });

  it("prints unknown where the contract has no schema, and a given payload type as it is", () => {
    const text = printTaskTypes({ identifier: "Do", views, payloadType: "ContractPayload<typeof contract>" });
    expect(text).toContain("export type DoInput = unknown;");
    expect(text).toContain("export type DoPayload = ContractPayload<typeof contract>;");
  });
});

describe("hasOpaqueOutput", () => {
  it("sees transforms and custom schemas, but not what a later schema types", () => {
    expect(hasOpaqueOutput(irOf(zoo.transform))).toBe(true);
    expect(hasOpaqueOutput(irOf(zoo.custom))).toBe(true);
    expect(hasOpaqueOutput(irOf(zoo.transformPiped))).toBe(false);
    expect(hasOpaqueOutput(irOf(zoo.preprocess))).toBe(false);
    expect(hasOpaqueOutput(irOf(zoo.codec))).toBe(false);
    expect(hasOpaqueOutput(irOf(zoo.recursive))).toBe(false);
  });
});
