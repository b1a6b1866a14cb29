import { createTaskora, type Taskora } from "taskora";
import { defineTask } from "taskora/contract";
import { memoryAdapter } from "taskora/memory";
import { type ContractCase, contractCases, createTestApp, type TestApp } from "taskora/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { zoo } from "../../codegen/zoo.js";

const order = defineTask({
  name: "order.place",
  input: z.object({
    customer: z.email(),
    note: z.string().max(20).optional(),
    priority: z.enum(["low", "high"]).default("low"),
    lines: z
      .array(z.object({ sku: z.string().regex(/^[A-Z]{2}-\d{3}$/), count: z.int().min(1).max(99) }))
      .min(1)
      .max(3),
  }),
  output: z.object({ total: z.number() }),
});

function ofKind(cases: readonly ContractCase[], kind: ContractCase["kind"]): readonly string[] {
  return cases.filter((one) => one.kind === kind).map(({ name }) => name);
}

describe("the cases of a contract", () => {
  it("are ordinary payloads, one at every bound, and one for all that can be wrong", async () => {
    const cases = await contractCases(order);
    expect(ofKind(cases, "valid")).toEqual(["valid: the payload is an ordinary one"]);
    expect(ofKind(cases, "boundary")).toEqual(
      expect.arrayContaining([
        "boundary: the payload is with required keys alone",
        "boundary: note is left out",
        "boundary: note is empty",
        "boundary: note is at its longest (20)",
        "boundary: note is with letters of many scripts",
        'boundary: priority is "high"',
        "boundary: lines is at its longest (3)",
        "boundary: lines[0].count is at its most (99)",
      ]),
    );
    expect(ofKind(cases, "invalid")).toEqual(
      expect.arrayContaining([
        "invalid: customer is left out",
        "invalid: customer is not of its form (email)",
        "invalid: note is too long (21)",
        "invalid: note is a number",
        'invalid: priority is none of its values ("low?")',
        "invalid: lines is left out",
        "invalid: lines is too short (0)",
        "invalid: lines is too long (4)",
        "invalid: lines[0].sku is not of its form (pattern)",
        "invalid: lines[0].count is too low (0)",
        "invalid: lines[0].count is too high (100)",
        "invalid: lines[0].count is between its steps (1.5)",
        "invalid: the payload is null",
      ]),
    );
  });

  it("differ from the ordinary payload in the place they name", async () => {
    const cases = await contractCases(order);
    const [ordinary] = cases;
    const longest = cases.find(({ name }) => name === "boundary: note is at its longest (20)");
    expect(longest?.payload).toEqual({
      ...(ordinary?.payload as object),
      note: "t".padEnd(20, "exttexttexttexttext"),
    });
  });

  it("say what the schema says about what is wrong", async () => {
    const cases = await contractCases(order);
    const tooLow = cases.find(({ name }) => name === "invalid: lines[0].count is too low (0)");
    expect(tooLow?.issue).toMatchObject({
      path: ["lines", 0, "count"],
      message: expect.stringContaining(">=1"),
    });
  });

  it("are the same every time, and have names of their own", async () => {
    const [one, other] = [await contractCases(order), await contractCases(order)];
    expect(one.map(({ name, payload }) => [name, payload])).toEqual(
      other.map(({ name, payload }) => [name, payload]),
    );
    expect(new Set(one.map(({ name }) => name)).size).toBe(one.length);
  });

  it("start from a payload that is given, where code asks for more than a schema says", async () => {
    const refined = defineTask({
      name: "refined",
      input: z.object({ code: z.string().refine((text) => text.startsWith("x-")), size: z.int().min(3) }),
    });
    await expect(contractCases(refined)).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringContaining("code: Invalid input"),
    });
    const cases = await contractCases(refined, { payload: { code: "x-1", size: 7 } });
    expect(cases[0]?.payload).toEqual({ code: "x-1", size: 7 });
    expect(cases.find(({ name }) => name === "boundary: size is at its least (3)")?.payload).toEqual({
      code: "x-1",
      size: 3,
    });
  });

  it("refuse a given payload that the contract refuses, and unknown options", async () => {
    const payload = { customer: "nobody", lines: [] };
    await expect(contractCases(order, { payload })).rejects.toMatchObject({ code: "OPTION_INVALID" });
    await expect(contractCases(order, { paylod: payload } as never)).rejects.toThrow(
      'Did you mean "payload"?',
    );
  });

  it("try every variant of a union, each as a whole and in its places", async () => {
    const card = z.object({ by: z.literal("card"), number: z.string().min(1) });
    const transfer = z.object({ by: z.literal("transfer"), iban: z.string().length(4).nullable() });
    const input = z.object({ pay: z.discriminatedUnion("by", [card, transfer]) });
    const cases = await contractCases(defineTask({ name: "pay", input }));
    const payloads = new Map(cases.map(({ name, payload }) => [name, payload]));
    expect(payloads.get("boundary: pay is its form 2 of 2")).toEqual({
      pay: { by: "transfer", iban: "text" },
    });
    expect(payloads.get("boundary: pay.iban is its form 2 of 2")).toEqual({
      pay: { by: "transfer", iban: null },
    });
    expect(payloads.get("invalid: pay.number is too short (0)")).toEqual({ pay: { by: "card", number: "" } });
    expect(payloads.get("invalid: pay.iban is too long (5)")).toEqual({
      pay: { by: "transfer", iban: "textt" },
    });
  });

  it("end where a schema contains itself", async () => {
    const tree = z.object({
      name: z.string(),
      get children() {
        return z.array(tree).max(2);
      },
    });
    const cases = await contractCases(defineTask({ name: "tree", input: tree }));
    expect(ofKind(cases, "boundary")).toContain("boundary: children is empty");
    expect(ofKind(cases, "invalid")).toContain("invalid: children[0].name is left out");
    expect(cases.length).toBeLessThan(200);
  });

  it("prefer the examples of a schema", async () => {
    const input = z.object({ id: z.string().meta({ examples: ["order-7"] }) });
    const [first] = await contractCases(defineTask({ name: "named", input }));
    expect(first?.payload).toEqual({ id: "order-7" });
  });

  it("need a schema that tells its JSON Schema", async () => {
    await expect(contractCases(defineTask({ name: "bare" }))).rejects.toMatchObject({
      code: "OPTION_INVALID",
    });
    const validate = (value: unknown) => ({ value });
    const input = { "~standard": { version: 1 as const, vendor: "own", validate } };
    await expect(contractCases(defineTask({ name: "own", input }))).rejects.toMatchObject({
      code: "NOT_SUPPORTED",
    });
  });

  it("are derived from schemas that are checked asynchronously", async () => {
    const input = z.object({ id: z.string().refine(async (text) => text.length < 5) });
    const cases = await contractCases(defineTask({ name: "slow", input }));
    expect(ofKind(cases, "valid")).not.toEqual([]);
  });

  it.each(Object.entries(zoo))("of the schema %s are as the schema says", async (_name, input) => {
    const contract = defineTask({ name: "zoo", input });
    const cases = await contractCases(contract).catch((error: unknown) => error as Error);
    if (cases instanceof Error) {
      expect(cases.message).toMatch(/Pass one: contractCases/);
      return;
    }
    expect(ofKind(cases, "valid")).not.toEqual([]);
    for (const { kind, payload } of cases) {
      expect((await input.safeParseAsync(payload)).success).toBe(kind !== "invalid");
    }
  });
});

describe("running the cases", () => {
  let taskora: Taskora;
  let test: TestApp;
  const seen: unknown[] = [];

  beforeEach(() => {
    seen.length = 0;
    taskora = createTaskora({ adapter: memoryAdapter(), logger: false });
  });

  afterEach(() => test.close());

  async function runAll(cases: readonly ContractCase[]): Promise<readonly string[]> {
    const failed: string[] = [];
    for (const { name, run } of cases) await run(test).catch(() => failed.push(name));
    return failed;
  }

  it("passes for a handler that takes everything its contract accepts", async () => {
    taskora.implement(order, (data) => {
      seen.push(data);
      return { total: data.lines.reduce((sum, { count }) => sum + count, 0) };
    });
    test = createTestApp({ from: taskora });
    const cases = await contractCases(order);
    expect(await runAll(cases)).toEqual([]);
    expect(seen).toHaveLength(cases.filter(({ kind }) => kind !== "invalid").length);
  });

  it("fails where the handler forgot a case, and where its result does not fit", async () => {
    taskora.implement(order, ({ note, lines }) => {
      if (note === undefined) throw new Error("no note");
      return { total: lines.length === 3 ? Number.NaN : 1 };
    });
    test = createTestApp({ from: taskora });
    const failed = await runAll(await contractCases(order));
    expect(failed).toContain("boundary: note is left out");
    expect(failed).toContain("boundary: lines is at its longest (3)");
    expect(failed).not.toContain("valid: the payload is an ordinary one");
  });

  it("works with a client of a task that was declared in place, and when the worker alone validates", async () => {
    const plain = createTaskora({ adapter: memoryAdapter(), logger: false, validateOnDispatch: false });
    const client = plain.task("inline", {
      input: z.object({ size: z.int().min(1) }),
      handler: ({ size }) => size,
    });
    test = createTestApp({ from: plain });
    const cases = await contractCases(client, { payload: { size: 3 } });
    expect(cases.length).toBeGreaterThan(4);
    expect(await runAll(cases)).toEqual([]);
  });

  it("fails when a payload is taken that the contract refuses", async () => {
    taskora.implement({ name: order.name, version: 1 }, () => ({ total: 1 }));
    test = createTestApp({ from: taskora });
    const cases = await contractCases(order);
    const failed = await runAll(cases);
    expect(failed).toEqual(cases.filter(({ kind }) => kind === "invalid").map(({ name }) => name));
  });
});
