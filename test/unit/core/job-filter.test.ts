import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FilterError } from "../../../src/core/job-filter/filter-error.js";
import type {
  FilterCondition,
  FilterOperator,
  FilterPattern,
  FilterTerm,
  ParsedFilter,
} from "../../../src/core/job-filter/job-filter.js";
import {
  type FilteredJob,
  type FilterMoment,
  matchesFilter,
  statesChosen,
  tasksChosen,
} from "../../../src/core/job-filter/match-filter.js";
import { parseJobFilter } from "../../../src/core/job-filter/parse-filter.js";
import { printJobFilter } from "../../../src/core/job-filter/print-filter.js";
import { JOB_STATES } from "../../../src/core/lifecycle.js";

const NOW = Date.UTC(2026, 10, 28, 12);

/** Text of the characters that mean something, and of a few that do not. */
const anyText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab1-.:=<>|*"\\ \n\té'), maxLength: 6 }),
  fc.string({ maxLength: 8 }),
);

function conditions(text: fc.Arbitrary<string>): fc.Arbitrary<FilterCondition> {
  const patterns = fc.array(fc.array(text, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 });
  const path = fc.array(
    text.filter((key) => key !== ""),
    { minLength: 1, maxLength: 3 },
  );
  const operator = fc.constantFrom<Exclude<FilterOperator, ":">>(">", ">=", "<", "<=");
  const number = fc.oneof(
    fc.integer({ min: -3, max: 5 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  const plain = number.map((value) => value + 0);
  const ms = fc.oneof(fc.nat(5000), fc.constantFrom(60_000, 90_000, 3_600_000, 86_400_000, 604_800_000));
  const states = fc.array(fc.constantFrom(...JOB_STATES), { minLength: 1, maxLength: 3 });
  return fc.oneof(
    fc.record({
      field: fc.constantFrom(
        "task",
        "id",
        "group",
        "error",
        "code",
        "worker",
        "word",
      ) as fc.Arbitrary<"task">,
      patterns,
    }),
    fc.record({ field: fc.constant("state" as const), states }),
    fc.record({
      field: fc.constant("header" as const),
      name: path.map((keys) => keys.join(".")).filter((name) => /[^.]/.test(name)),
      patterns,
    }),
    fc.record({ field: fc.constant("data" as const), path, patterns }),
    fc.record({ field: fc.constant("data" as const), path, operator, value: fc.oneof(plain, text) }),
    fc.record({
      field: fc.constantFrom("attempt", "priority", "version") as fc.Arbitrary<"attempt">,
      operator: fc.oneof(operator, fc.constant(":" as const)),
      value: plain,
    }),
    fc.record({
      field: fc.constantFrom("age", "wait", "run") as fc.Arbitrary<"age">,
      operator,
      value: ms,
    }),
    fc.record({
      field: fc.constant("finished" as const),
      operator,
      value: fc.oneof(
        fc.record({ at: fc.integer({ min: NOW - 10_000, max: NOW + 10_000 }) }),
        fc.record({ agoMs: ms }),
      ),
    }),
  );
}

function filters(text: fc.Arbitrary<string>): fc.Arbitrary<ParsedFilter> {
  const term = fc
    .tuple(fc.boolean(), conditions(text))
    .map(([isNegated, condition]): FilterTerm => ({ isNegated, ...condition }));
  return fc.record({ terms: fc.array(term, { maxLength: 4 }) });
}

describe("parseJobFilter", () => {
  it("reads back every filter that is printed", () => {
    fc.assert(
      fc.property(filters(anyText), (filter) => {
        expect(parseJobFilter(printJobFilter(filter))).toEqual(filter);
      }),
      { numRuns: 1000 },
    );
  });

  it("reads any text, or points at the place in it", () => {
    const pieces = fc.constantFrom(
      ...[
        "task",
        "state",
        "data.",
        "header.x",
        "age",
        "finished",
        "attempt",
        "failed",
        "10m",
        "-",
        "17",
        "*",
      ],
      ...[":", ">", "<=", "=", "|", '"', "\\", " ", "."],
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let filter: ParsedFilter;
        try {
          filter = parseJobFilter(text);
        } catch (error) {
          if (!(error instanceof FilterError)) throw error;
          expect(error.position).toBeGreaterThanOrEqual(0);
          expect(error.position).toBeLessThanOrEqual(text.length);
          expect(error).toMatchObject({ filter: text, code: "FILTER_INVALID" });
          return;
        }
        expect(parseJobFilter(printJobFilter(filter))).toEqual(filter);
      }),
      { numRuns: 3000 },
    );
  });

  it("reads each field of the language", () => {
    const text =
      'task:email.*|sms.send state:failed|cancelled error:"SMTP 421" code:ECONNRESET payload.order.id:17 ' +
      "data.total>100 attempt>=2 age>10m wait>5s run>2s finished:>2026-11-28T10:00 worker:host-1 version:1 " +
      "-header.tenant:acme id:a81* group:acme timeout finished>-15m";
    expect(printJobFilter(parseJobFilter(text))).toBe(
      'task:email.*|sms.send state:failed|cancelled error:"SMTP 421" code:ECONNRESET data.order.id:17 ' +
        "data.total>100 attempt>=2 age>10m wait>5s run>2s finished>2026-11-28T10:00:00.000Z worker:host-1 version:1 " +
        "-header.tenant:acme id:a81* group:acme timeout finished>-15m",
    );
    expect(parseJobFilter("  ")).toEqual({ terms: [] });
  });

  it.each([
    ["stat:failed", 0, 'there is no field "stat". Did you mean "state"?'],
    ["task:a state:faild", 13, 'there is no state "faild". Did you mean "failed"?'],
    ["SMTP:421", 0, "Text with : = < > in it has to be quoted."],
    ["task>a", 4, "task is text, and cannot be compared by >"],
    ["attempt>two", 8, 'attempt is a number; "two" is none.'],
    ["age:10m", 3, "age is compared by >, >=, < or <=, as in age>10m."],
    ["age>10", 4, '"10" is none.'],
    ["finished>yesterday", 9, "or -15m for so long ago"],
    ["finished>2026-02-31T25:00", 9, "is none."],
    ['error:"SMTP', 6, "this quote is not closed"],
    ['error:"a"b', 9, "a blank or | has to follow here."],
    ['a"b"', 1, "a quote begins a value."],
    ["task:", 5, "a value has to stand here."],
    ["task:a|", 7, "a value has to stand here."],
    ["attempt>1|2", 10, "a comparison has one value."],
    ["data.n>1*", 7, "a star cannot be compared with."],
    ["data:1", 0, "data needs a path, as in data.order.id:17."],
    ["data..a:1", 0, "data needs a path"],
    ["a -", 3, "a term has to follow the minus."],
    ["a\\", 1, "a character has to follow the backslash."],
    ["| a", 0, "a field or a word has to stand here."],
    ["x".repeat(10_001), 10_000, "at most 10000 characters"],
  ])("says of %j what is wrong and where", (text, position, why) => {
    const error = errorOf(() => parseJobFilter(text));
    expect(error).toBeInstanceOf(FilterError);
    expect(error).toMatchObject({ position, option: "where" });
    expect((error as Error).message).toContain(why);
  });
});

function errorOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe("matchesFilter", () => {
  const aJob = (given: Partial<FilteredJob> = {}): FilteredJob => ({
    ...{ task: "email.send", id: "a81-3f", state: "failed", headers: { tenant: "acme" }, version: 3 },
    ...{
      attempt: 2,
      priority: 0,
      group: "acme-1",
      enqueuedAt: NOW - 20_000,
      startedAt: NOW - 12_000,
      finishedAt: NOW - 9000,
    },
    error: { name: "SmtpError", message: "SMTP 421 from mx-3", code: "ECONNRESET" },
    data: {
      n: 7,
      zip: "01234",
      order: { id: 17, tags: ["urgent", "eu"], paid: true, by: null },
      when: "2026-11-02",
    },
    ...given,
  });
  const chooses = (filter: string, job = aJob(), moment: FilterMoment = { now: NOW }) =>
    matchesFilter(parseJobFilter(filter), job, moment);

  it.each([
    "",
    "task:email.*",
    "task:sms|email.send state:failed -state:waiting|active",
    'error:"smtp 421"',
    "error:421*mx",
    "code:econnreset",
    "a81",
    "mx-3",
    "nothing|421",
    "payload.order.id:17",
    'data.order.id:"17"',
    "data.order.id>16.5 data.order.id<=17",
    "data.order.tags:urgent data.order.tags:e*",
    "data.order:* data.order.tags:*",
    "data.order.paid:true data.order.by:null",
    "data.zip:01234 data.zip>1000 data.when>=2026-11-01 data.when<2026-12",
    '-data.missing:* -data.order:""',
    "header.tenant:acme -header.region:*",
    "attempt:2 version>=3 priority<1",
    "age>19s age<21s wait>=8s run<=3s",
    "finished>-10s finished<2026-11-28T12:00 finished>2026-11-28T12:59+01:00",
    "finished>=1970-01-01",
    "id:a81* -id:b*",
    "group:umbrella|acme* -group:ac",
  ])("chooses a failed job by %j", (filter) => {
    expect(chooses(filter)).toBe(true);
  });

  it.each([
    "task:email",
    "-failed -mx-3",
    "code:econn",
    "81",
    "data.order:17",
    "data.order.id.x:17",
    "data.toString:*",
    "data.n>a",
    "data.when>5",
    'data.order.id>"17"',
    "header.tenant:ACME",
    "worker:*",
    "wait>8s",
    "group:ac",
    "finished>-9s",
  ])("does not by %j", (filter) => {
    expect(chooses(filter)).toBe(false);
  });

  it("knows a worker by its lease, its id and its machine, and those of runs before", () => {
    const run = { attempt: 1, startedAt: 1, endedAt: 2, outcome: "failed" as const };
    const job = aJob({ worker: "w1.4", history: [{ ...run, worker: "w2.1" }] });
    const hosts = new Map([["w2", "host-2"]]);
    for (const filter of ["worker:w1", "worker:w1.4", "worker:w2", "worker:host-2"]) {
      expect(chooses(filter, job, { now: NOW, hosts })).toBe(true);
    }
    expect(chooses("worker:host-1|w", job, { now: NOW, hosts })).toBe(false);
  });

  it("measures a wait that goes on, and none of a job that waits for a time", () => {
    const waiting = { startedAt: undefined, finishedAt: undefined } as unknown as Partial<FilteredJob>;
    expect(chooses("wait>=20s", aJob({ ...waiting, state: "waiting" }))).toBe(true);
    expect(chooses("wait>=0s", aJob({ ...waiting, state: "delayed" }))).toBe(false);
    // A retried job waits since its backoff was over, whenever it was dispatched or ran before.
    const retried = { waitingSince: NOW - 3000 };
    expect(chooses("wait>=3s wait<=3s", aJob({ ...retried, state: "waiting" }))).toBe(true);
    const again = { ...retried, state: "active" as const, startedAt: NOW - 1000 };
    expect(chooses("wait>=2s wait<=2s", aJob(again))).toBe(true);
    expect(chooses("run>=12s", aJob({ finishedAt: undefined as never, state: "active" }))).toBe(true);
  });

  it("takes no time for a pattern that would make a regular expression go back and forth", () => {
    const filter = `error:${"a*".repeat(60)}b`;
    expect(chooses(filter, aJob({ error: { name: "E", message: "a".repeat(50_000) } }))).toBe(false);
  });

  it("agrees with a naive reading of the same filter", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "1"), maxLength: 2 });
    const value = fc.oneof(text, fc.integer({ min: -3, max: 5 }), fc.boolean(), fc.constant(null));
    const data = fc.dictionary(
      text,
      fc.oneof(value, fc.array(value, { maxLength: 2 }), fc.dictionary(text, value)),
    );
    const at = fc.integer({ min: NOW - 5000, max: NOW });
    const jobs: fc.Arbitrary<FilteredJob> = fc.record(
      {
        ...{
          task: text,
          id: text,
          state: fc.constantFrom(...JOB_STATES),
          headers: fc.dictionary(text, text),
        },
        version: fc.integer({ min: -3, max: 5 }),
        ...{ attempt: fc.nat(3), priority: fc.integer({ min: -3, max: 5 }), enqueuedAt: at, data },
        ...{ group: text, waitingSince: at, startedAt: at, finishedAt: at, worker: text },
        error: fc.record({ name: text, message: text, code: fc.oneof(text, fc.nat(3)) }),
      },
      {
        requiredKeys: [
          "task",
          "id",
          "state",
          "headers",
          "version",
          "attempt",
          "priority",
          "enqueuedAt",
          "data",
        ],
      },
    ) as fc.Arbitrary<FilteredJob>;
    let chosen = 0;
    fc.assert(
      fc.property(filters(text), jobs, (filter, job) => {
        const expected = filter.terms.every((term) => naive(term, job) !== term.isNegated);
        if (expected && filter.terms.length > 0) chosen++;
        expect(matchesFilter(filter, job, { now: NOW })).toBe(expected);
        expect(matchesFilter(parseJobFilter(printJobFilter(filter)), job, { now: NOW })).toBe(expected);
        if (!expected) return;
        expect(tasksChosen(filter, [job.task])).toEqual([job.task]);
        expect(statesChosen(filter, JOB_STATES)).toContain(job.state);
      }),
      { numRuns: 3000 },
    );
    expect(chosen).toBeGreaterThan(100);
  });
});

/** As a regular expression, which nobody should run over what strangers write. */
function like(
  pattern: FilterPattern,
  text: string | undefined,
  ends: "whole" | "begin" | "in" = "whole",
): boolean {
  if (text === undefined) return false;
  const body = pattern.map((part) => part.replace(/[^a-z0-9]/gi, "\\$&")).join("[^]*");
  return new RegExp(`${ends === "in" ? "" : "^"}${body}${ends === "whole" ? "$" : ""}`).test(text);
}

function naive(term: FilterTerm, job: FilteredJob): boolean {
  const { error } = job;
  const message = error && `${error.name}: ${error.message}`.toLowerCase();
  const ordered = <T extends number | string>(a: T | undefined, operator: FilterOperator, b: T) =>
    a !== undefined &&
    ((operator.includes(">") && a > b) ||
      (operator.includes("<") && a < b) ||
      (/[:=]/.test(operator) && a === b));
  switch (term.field) {
    case "state":
      return term.states.some((state) => state === job.state);
    case "task":
    case "id":
    case "group":
      return term.patterns.some((pattern) => like(pattern, job[term.field as "id"]));
    case "error":
      return term.patterns.some((pattern) => like(pattern, message, "in"));
    case "word":
      return term.patterns.some((pattern) => like(pattern, job.id, "begin") || like(pattern, message, "in"));
    case "code":
      return term.patterns.some((pattern) =>
        like(pattern, error?.code === undefined ? undefined : `${error.code}`),
      );
    case "worker":
      return term.patterns.some((pattern) => like(pattern, job.worker));
    case "header":
      return term.patterns.some((pattern) =>
        like(pattern, new Map(Object.entries(job.headers)).get(term.name)),
      );
    case "data": {
      const found = term.path.reduce<unknown>(
        (at, key) =>
          typeof at === "object" && at !== null ? new Map(Object.entries(at)).get(key) : undefined,
        job.data,
      );
      return [found, ...(Array.isArray(found) ? found : [])].some((value) => {
        if (value === undefined) return false;
        const isPlain = value === null || typeof value !== "object";
        if ("patterns" in term)
          return term.patterns.some((each) =>
            isPlain ? like(each, `${value}`) : like(each, "") && each.length > 1,
          );
        const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
        if (typeof term.value === "number")
          return typeof number === "number" && ordered(number, term.operator, term.value);
        return typeof value === "string" && ordered(value, term.operator, term.value);
      });
    }
    case "finished":
      return ordered(
        job.finishedAt,
        term.operator,
        "at" in term.value ? term.value.at : NOW - term.value.agoMs,
      );
    case "age":
      return ordered(NOW - job.enqueuedAt, term.operator, term.value);
    case "wait": {
      const until = job.state === "waiting" ? NOW : (job.startedAt ?? job.finishedAt ?? NOW);
      const waits = !["delayed", "retrying"].includes(job.state);
      return waits && ordered(until - (job.waitingSince ?? job.enqueuedAt), term.operator, term.value);
    }
    case "run": {
      const until = job.state === "active" ? NOW : job.finishedAt;
      if (job.startedAt === undefined || until === undefined) return false;
      return ordered(until - job.startedAt, term.operator, term.value);
    }
    default:
      return ordered(job[term.field], term.operator, term.value);
  }
}
