import { describe, expect, it } from "vitest";
import { z } from "zod";
import { encoderOf } from "../../../src/schema/either-side.js";
import { describeBehaviour } from "../../support/behaviour.js";

const isoDate = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});
const seconds = z.codec(z.int().min(0), z.date(), {
  decode: (at) => new Date(at * 1000),
  encode: (date) => Math.floor(date.getTime() / 1000),
});
const big = z.codec(z.string().regex(/^-?\d+$/), z.bigint(), {
  decode: (text) => BigInt(text),
  encode: String,
});
const TEXT = "2026-11-30T05:00:00.000Z";
const DATE = new Date(TEXT);

const event = z.object({
  at: isoDate,
  until: isoDate.optional(),
  seen: z.array(z.object({ at: seconds.nullable() })).default([]),
  sum: big,
});

describeBehaviour("a payload with codecs", ({ app }) => {
  it("is taken from either side, stored as it travels and decoded for the handler", async () => {
    const tasks = app();
    const got: unknown[] = [];
    const client = tasks.task("event.seen", {
      input: event,
      output: z.object({ at: isoDate }),
      emits: z.object({ at: isoDate }),
      handler: (data, ctx) => {
        got.push(data);
        ctx.emit({ at: data.at });
        ctx.emit({ at: TEXT });
        return { at: data.at };
      },
    });
    const encoded = { at: TEXT, until: TEXT, seen: [{ at: 1 }, { at: null }], sum: "7" };
    const decoded = { at: DATE, until: DATE, seen: [{ at: new Date(1000) }, { at: null }], sum: 7n };
    const mixed = { at: DATE, until: TEXT, seen: [{ at: new Date(1000) }, { at: null }], sum: "7" };
    const jobs = await client.dispatchMany([encoded, decoded, mixed]);
    await tasks.start();
    const results = await Promise.all(jobs.map((job) => job.result));
    expect(got).toEqual([decoded, decoded, decoded]);
    expect(results).toEqual([{ at: TEXT }, { at: TEXT }, { at: TEXT }]);
    for (const job of jobs) expect((await job.get())?.data).toEqual(encoded);
    const heard: unknown[] = [];
    for await (const { value } of jobs[0]?.messages() ?? []) heard.push(value);
    expect(heard).toEqual([{ at: TEXT }, { at: TEXT }]);
  });

  it("is passed on by a handler as it came, and planned, and a step of a workflow", async () => {
    const tasks = app();
    const last = tasks.task("event.last", {
      input: event,
      handler: ({ at, sum }) => `${at.getTime()} ${sum}`,
    });
    const relay = tasks.task("event.relay", {
      input: event,
      handler: async (data) => (await last.dispatch(data)).id,
    });
    const id = await (async () => {
      const job = await relay.dispatch({ at: DATE, sum: 7n });
      await tasks.start();
      return job.result;
    })();
    const expected = `${DATE.getTime()} 7`;
    expect(await last.job(id).result).toBe(expected);
    expect(await tasks.workflow(last.step({ at: DATE, sum: 7n })).result).toBe(expected);
    const planned = { every: "1d", task: last, data: { at: DATE, sum: 7n } } as const;
    const schedule = await tasks.schedules.upsert("events", planned);
    expect((await tasks.schedules.get("events"))?.data).toEqual({ at: TEXT, sum: "7" });
    const triggered = await schedule.trigger();
    expect(triggered.status === "applied" && (await triggered.job.result)).toBe(expected);
  });

  it("is read as it travels, and says so; what a transform or a default made is read as made", async () => {
    const tasks = app();
    const coded = tasks.task("coded", {
      output: z.object({ at: isoDate, seen: z.array(isoDate).optional() }),
      handler: () => ({ at: DATE, seen: [DATE] }),
    });
    const made = tasks.task("made", {
      output: z.object({ n: z.string().transform(Number), unit: z.string().default("s") }),
      emits: z.string().transform((text) => text.length),
      handler: (_, ctx) => {
        ctx.emit("four");
        return { n: "7" };
      },
    });
    await tasks.start();
    const { at, seen }: { at: string; seen?: string[] | undefined } = await coded.dispatch().result;
    expect([at, seen]).toEqual([TEXT, [TEXT]]);
    const job = await made.dispatch();
    const { n, unit }: { n: number; unit: string } = await job.result;
    expect([n, unit]).toEqual([7, "s"]);
    const lengths: number[] = [];
    for await (const { value } of job.messages()) lengths.push(value);
    expect(lengths).toEqual([4]);
  });

  it.each<[string, z.ZodType, unknown]>([
    ["a date that is none", isoDate, new Date("no")],
    ["a date where a transform goes one way", z.string().transform((text) => new Date(text)), DATE],
    ["a date in the place of text", z.string(), DATE],
    ["a value of another kind", isoDate, 7n],
    ["a date that the encoded side refuses", seconds, new Date(-1)],
  ])("is refused with %s", async (_title, at, value) => {
    const client = app().task("refusing", { input: z.object({ at }), handler: () => undefined });
    await expect(client.dispatch({ at: value })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      issues: [expect.objectContaining({ path: ["at"] })],
    });
  });
});

describe("what encodes", () => {
  const encode = (schema: z.ZodType, value: unknown) => encoderOf(schema)?.(value);
  const entries = z.codec(z.array(z.tuple([z.string(), z.number()])), z.map(z.string(), z.number()), {
    decode: (list) => new Map(list),
    encode: (map) => [...map],
  });
  const lazy = z.lazy(() => z.object({ at: isoDate }));

  it.each<[string, z.ZodType, unknown, unknown]>([
    ["a map", entries, new Map([["a", 1]]), [["a", 1]]],
    ["a record", z.record(z.string(), isoDate), { a: DATE }, { a: TEXT }],
    ["unknown keys", z.object({}).catchall(isoDate), { a: DATE }, { a: TEXT }],
    ["a tuple with a rest", z.tuple([z.string()], isoDate), ["a", DATE], ["a", TEXT]],
    [
      "the option of a union that then fits",
      z.union([seconds, isoDate]),
      new Date(-1),
      new Date(-1).toISOString(),
    ],
    [
      "both sides of an intersection",
      z.intersection(z.object({ a: isoDate }), z.object({ b: isoDate })),
      { a: DATE, b: DATE },
      { a: TEXT, b: TEXT },
    ],
    ["what a lazy schema gives", lazy, { at: DATE }, { at: TEXT }],
    ["behind a pipe", z.pipe(isoDate, z.date().min(new Date(0))), DATE, TEXT],
    ["a prefault", isoDate.prefault(TEXT), DATE, TEXT],
  ])("%s", (_title, schema, value, expected) => {
    expect(encode(schema, value)).toEqual(expected);
    expect(schema.safeParse(expected).success).toBe(true);
  });

  it("leaves what it need not change as it is, and asks for nothing without a codec", () => {
    const value = { at: TEXT, sum: "7", seen: [{ at: 1 }] };
    expect(encode(event, value)).toBe(value);
    expect(encode(event, null)).toBe(null);
    expect(encoderOf(z.object({ at: z.iso.datetime(), n: z.string().transform(Number) }))).toBeUndefined();
    expect(encoderOf(undefined)).toBeUndefined();
    const given = { at: DATE, sum: 7n };
    encode(event, given);
    expect(given).toEqual({ at: DATE, sum: 7n });
  });
});
