import { describe, expect, it } from "vitest";
import * as z from "zod";
import { canonicalJson } from "../../codegen/canonical-json.js";
import { contractFingerprint } from "../../codegen/fingerprint.js";
import { olderVersions, parseLock, printLock } from "../../codegen/lock.js";
import { irOf, zooNames } from "./from-zod-support.js";
import { zoo } from "./zoo.js";

const contract = {
  name: "email.send",
  version: 2,
  timeout: "30s",
  retry: { attempts: 3 },
  input: irOf(z.object({ to: z.email(), locale: z.enum(["en", "de"]).default("en") })),
  output: irOf(z.object({ messageId: z.string() }), "output"),
  emits: irOf(z.object({ percent: z.number() })),
};

describe("contractFingerprint", () => {
  const of = (schema: z.ZodType, version = 1) => contractFingerprint({ version, input: irOf(schema) });

  it("is 12 hex characters, and differs for every schema of the zoo", () => {
    const all = zooNames.map((name) => of(zoo[name]));
    for (const fingerprint of all) expect(fingerprint).toMatch(/^[0-9a-f]{12}$/);
    expect(of(z.string().min(1))).not.toBe(of(z.string().min(2)));
    expect(of(z.string(), 1)).not.toBe(of(z.string(), 2));
  });

  it("does not change with descriptions, deprecation notes and examples", () => {
    const plain = z.object({ a: z.string(), meta: z.number().default(1) });
    const described = z
      .object({
        a: z.string().meta({ description: "x", examples: ["y"], deprecated: true, sensitive: true }),
        meta: z.number().default(1),
      })
      .describe("all of it");
    expect(of(described)).toBe(of(plain));
  });

  it("does not change with the words of a failed check", () => {
    expect(of(z.string().min(1, "Say something"))).toBe(of(z.string().min(1)));
    expect(of(z.email("No address"))).toBe(of(z.email()));
  });

  it("sees a property and a default that happen to be called meta", () => {
    expect(of(z.object({ meta: z.string() }))).not.toBe(of(z.object({})));
    const withDefault = (meta: string) => of(z.object({ meta: z.string() }).default({ meta }));
    expect(withDefault("a")).not.toBe(withDefault("b"));
  });
});

describe("the fingerprint of a task that emits", () => {
  const emits = irOf(z.object({ percent: z.number() }));

  it("changes with what it emits, and is what it was for one that emits nothing", () => {
    const plain = { version: 1, input: irOf(z.string()) };
    const all = [
      plain,
      { ...plain, emits },
      { ...plain, emits: irOf(z.string()) },
      { ...plain, output: emits },
    ];
    expect(new Set(all.map(contractFingerprint)).size).toBe(4);
    expect(contractFingerprint({ ...plain, emits: undefined })).toBe(contractFingerprint(plain));
  });
});

describe("printLock", () => {
  it("is sorted, ends with a line feed, and depends on nothing but the contract", () => {
    const text = printLock(contract, { zodVersion: "4.6.7" });
    const { emits, output, input, retry, timeout, version, name } = contract;
    expect(printLock({ emits, output, input, retry, timeout, version, name }, { zodVersion: "4.6.9" })).toBe(
      text,
    );
    expect(text.endsWith("}\n")).toBe(true);
    expect(Object.keys(JSON.parse(text))).toEqual([
      "emits",
      "fingerprint",
      "format",
      "input",
      "name",
      "options",
      "output",
      "version",
      "zod",
    ]);
  });

  it("reads back as it was", () => {
    expect(parseLock(printLock(contract, { zodVersion: "4.6.7" }))).toEqual({
      status: "ok",
      lock: {
        format: 1,
        name: "email.send",
        version: 2,
        zod: "4.6",
        fingerprint: contractFingerprint(contract),
        options: { timeout: "30s", retry: { attempts: 3 } },
        input: contract.input,
        output: contract.output,
        emits: contract.emits,
      },
    });
  });
});

describe("the older versions of a lock", () => {
  const first = { version: 1, input: irOf(z.object({ to: z.string() })) };
  const { version: _version, ...recorded } = {
    ...first,
    fingerprint: contractFingerprint(first),
    zod: "4.6",
  };
  const text = printLock(contract, { zodVersion: "4.6.7", older: { 1: recorded } });

  it("read back as they were, and leave the rest of the lock alone", () => {
    const reading = parseLock(text);
    expect(reading).toMatchObject({ status: "ok", lock: { version: 2, older: { 1: recorded } } });
    const { older: _older, ...rest } = JSON.parse(text);
    expect(rest).toEqual(JSON.parse(printLock(contract, { zodVersion: "4.6.7" })));
  });

  it("are left out when there are none, so that a lock written before stays as it is", () => {
    expect(printLock(contract, { older: {} })).toBe(printLock(contract));
  });

  it("end with since, and are joined by the version that is replaced", () => {
    const reading = parseLock(text);
    if (reading.status !== "ok") throw new Error("the lock is sound");
    const versions = (next: { version: number; since?: number }) =>
      olderVersions(reading.lock, next).map(({ version }) => version);
    expect(versions({ version: 2 })).toEqual([1]);
    expect(versions({ version: 3 })).toEqual([1, 2]);
    expect(versions({ version: 3, since: 2 })).toEqual([2]);
    expect(versions({ version: 3, since: 3 })).toEqual([]);
    expect(versions({ version: 1 })).toEqual([]);
  });

  it.each([
    ["an edited schema", { 1: { ...recorded, input: irOf(z.object({ to: z.number() })) } }, "version 1"],
    ["no object", [], "older"],
    ["a version that is no number", { one: recorded }, "one"],
    ["a broken schema", { 1: { ...recorded, input: { root: 1 } } }, "older"],
    ["nothing for a version", { 1: null }, "older"],
  ])("are refused with %s", (_name, older, reason) => {
    const broken = JSON.stringify({ ...JSON.parse(text), older });
    expect(parseLock(broken)).toMatchObject({ status: "corrupt", message: expect.stringContaining(reason) });
  });
});

describe("parseLock", () => {
  const text = printLock(contract);

  it("points at merge markers", () => {
    const lines = text.split("\n");
    lines.splice(2, 0, "<<<<<<< HEAD");
    expect(parseLock(lines.join("\n"))).toMatchObject({ status: "conflict", line: 3 });
  });

  it.each([
    ["a file cut short", text.slice(0, 40), "no JSON"],
    ["a list", "[]", "no object"],
    ["a missing format", text.replace(/ {2}"format": 1,\n/, ""), "format"],
    ["a missing name", text.replace('"name": "email.send"', '"nome": "x"'), "name"],
    ["broken messages", text.replace('"emits": {', '"emits": { "root": 1 }, "emit": {'), "emits"],
    ["edited messages", text.replace('"percent"', '"per"'), "fingerprint"],
    ["a broken schema", text.replace('"input": {', '"input": { "root": 1 }, "inpud": {'), "input"],
    ["an edited schema", text.replace('"messageId"', '"message"'), "fingerprint"],
  ])("says what is wrong with %s", (_name, broken, reason) => {
    expect(parseLock(broken)).toMatchObject({ status: "corrupt", message: expect.stringContaining(reason) });
  });

  it("leaves a lock of a newer taskora alone", () => {
    expect(parseLock(text.replace('"format": 1', '"format": 2'))).toMatchObject({ status: "newer" });
  });
});

describe("canonicalJson", () => {
  it("sorts keys at every depth and drops undefined", () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined }], a: null })).toBe('{"a":null,"b":[{"d":1}]}');
  });

  it("keeps a key called __proto__", () => {
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":2}'))).toBe('{"__proto__":2,"b":1}');
  });
});
