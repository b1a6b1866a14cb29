import { describe, expect, it } from "vitest";
import { readAuditLine, requireAuditCursor } from "../../../../src/core/observe/audit-log.js";
import { readSchemas } from "../../../../src/core/observe/contract-schemas.js";
import { readContentsCursor } from "../../../../src/core/observe/store-contents.js";
import {
  givenCommand,
  isLeaving,
  keptVitals,
  MAX_VITALS_BYTES,
  readVitals,
  type Vitals,
  writeVitals,
} from "../../../../src/core/observe/vitals.js";

const VITALS: Vitals = { state: "running", running: 1, jobs: [], tasks: [] };
const slots = (task: string, running: number) => ({ task, slots: 5, running });
const job = (id: string, task = "mail") => ({ task, id, forMs: 1 });

// A worker of which nothing can be read is one that operators do not see.
describe("how a worker says that it is", () => {
  it("reads back as it was written", () => {
    const vitals = {
      ...VITALS,
      rssBytes: 7,
      release: "r1",
      jobs: [job("a")],
      tasks: [slots("mail", 1), slots("sms", 0)],
    };
    expect(readVitals(writeVitals(vitals))).toEqual(vitals);
  });

  it("names at most twenty jobs, and busy tasks before idle ones", () => {
    const many = (count: number, make: (n: number) => object) =>
      Array.from({ length: count }, (_, n) => make(n));
    const written = readVitals(
      writeVitals({
        ...VITALS,
        jobs: many(30, (n) => job(`${n}`)) as Vitals["jobs"],
        tasks: [slots("idle", 0), ...(many(22, (n) => slots(`t${n}`, 1)) as Vitals["tasks"])],
      }),
    );
    expect(written?.jobs.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
    expect(written?.tasks.map(({ task }) => task)).toEqual([
      ...Array.from({ length: 20 }, (_, n) => `t${n}`),
      "idle",
      "t20",
      "t21",
    ]);
  });

  it("leaves out what does not fit, and fits itself", () => {
    const long = "x".repeat(900);
    const text = writeVitals({
      ...VITALS,
      jobs: [job("a", long), job("b", long), job("c", long), job("d")],
      tasks: [slots("mail", 1), slots(long, 0), slots("sms", 0)],
    });
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(MAX_VITALS_BYTES);
    expect(keptVitals(text)).toBe(text);
    const read = readVitals(text);
    expect(read?.jobs.map(({ id }) => id)).toEqual(["a", "b", "d"]);
    expect(read?.tasks.map(({ task }) => task)).toEqual(["mail", "sms"]);
  });

  it("counts bytes, not characters", () => {
    expect(keptVitals("ä".repeat(MAX_VITALS_BYTES / 2))).toBeDefined();
    expect(keptVitals("ä".repeat(MAX_VITALS_BYTES / 2 + 1))).toBeUndefined();
    expect(keptVitals(undefined)).toBeUndefined();
  });

  it.each([
    ["", undefined],
    ["7", undefined],
    ["null", undefined],
    ["{}", undefined],
    ['{"state":"dreaming"}', undefined],
    ['{"state":"quiet"}', { state: "quiet", running: 0, jobs: [], tasks: [] }],
    [
      '{"state":"quiet","running":"3","jobs":{},"tasks":"x","news":1}',
      { state: "quiet", running: 0, jobs: [], tasks: [], news: 1 },
    ],
    [
      '{"state":"closing","running":3,"jobs":[null,7,{"id":"a"},{"task":"mail"}],"tasks":[{"task":1}]}',
      { state: "closing", running: 3, jobs: [{ task: "mail" }], tasks: [] },
    ],
  ])("reads %j of whatever release as %j", (text, read) => {
    expect(readVitals(text)).toEqual(read);
  });

  it("tells who leaves", () => {
    expect(isLeaving({ text: writeVitals({ ...VITALS, state: "closing" }) })).toBe(true);
    expect(isLeaving({ text: writeVitals(VITALS) })).toBe(false);
    expect(isLeaving({ text: "?" })).toBe(false);
    expect(isLeaving(undefined)).toBe(false);
  });

  it.each([
    ["quiet", "3", { command: "quiet", number: 3 }],
    ["close", 4, { command: "close", number: 4 }],
    ["dance", 4, undefined],
    [undefined, undefined, undefined],
  ])("is told %s with number %s", (name, number, command) => {
    expect(givenCommand(name, number)).toEqual(command);
  });
});

describe("a line of the audit list", () => {
  const unreadable = { action: "unreadable", status: "applied", at: 5 };

  it.each([
    ['{"action":"job.cancel","status":"applied","at":1}', { action: "job.cancel", status: "applied", at: 5 }],
    ["{", unreadable],
    ["null", unreadable],
    ["7", unreadable],
    ["{}", unreadable],
  ])("is shown though it is %s", (text, line) => {
    expect(readAuditLine(text, 5)).toEqual(line);
  });

  it("is found by a cursor of a page before alone", () => {
    expect(() => requireAuditCursor("12", /^\d+$/)).not.toThrow();
    expect(() => requireAuditCursor("x", /^\d+$/)).toThrow(
      'expected cursor to come from a page before, got "x"',
    );
  });
});

describe("stored schemas", () => {
  it.each([
    ['{"input":{}}', { input: {} }],
    ["7", undefined],
    ["null", undefined],
    ["{", undefined],
  ])("%s are read as %j", (text, schemas) => {
    expect(readSchemas(text)).toEqual(schemas);
  });
});

describe("a cursor of what a store holds", () => {
  it("is one that a page could have given", () => {
    const isOurs = ({ at }: { at?: number }) => at === 1;
    expect(readContentsCursor('{"at":1}', isOurs)).toEqual({ at: 1 });
    for (const text of ['{"at":2}', "null", "{"]) {
      expect(() => readContentsCursor(text, isOurs)).toThrow("expected cursor to come from a page before");
    }
  });
});
