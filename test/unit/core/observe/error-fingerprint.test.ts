import { describe, expect, it } from "vitest";
import type { StoredError } from "../../../../src/core/errors.js";
import { errorFingerprint, messagePattern } from "../../../../src/core/observe/error-fingerprint.js";
import { storeError } from "../../../../src/core/stored-error.js";

const UUID = "0b6c2a9e-57a4-4f0e-9f2b-8d0a4c7e1f33";

describe("the pattern of a message", () => {
  it.each([
    ["timeout after 1234 ms", "timeout after <n> ms"],
    ["took 1,234.5 s at 12:30:01", "took <n> s at <n>"],
    ["421 too many connections from 10.0.0.17", "<n> too many connections from <n>"],
    [`order ${UUID} is gone`, "order <uuid> is gone"],
    [`order ${UUID.toUpperCase()} is gone`, "order <uuid> is gone"],
    ["commit 41c0ffee17aa is unknown", "commit <hex> is unknown"],
    ["at 0xdeadBEEF", "at <hex>"],
    ["the deadbeef of the facade", "the deadbeef of the facade"],
    ['no column "total" in `orders`', "no column <text> in <text>"],
    ["unexpected token 'a b', it's over", "unexpected token <text>, it's over"],
    ["can't reach ada@example.com", "can't reach <email>"],
    ["rejected ada.b+c@mail.example.co.uk: full", "rejected <email>: full"],
    [
      "GET https://api.example.com/v2/jobs?page=3&key=abc failed",
      "GET https://api.example.com/v<n>/jobs?<query> failed",
    ],
    ["GET http://localhost:8080/a#part failed", "GET http://localhost:<n>/a?<query> failed"],
    ["two\n  lines", "two lines"],
    ["", ""],
  ])("of %j is %j", (message, pattern) => {
    expect(messagePattern(message)).toBe(pattern);
  });

  it("is made in little time of a long message that looks like everything", () => {
    const hostile = [
      "a@".repeat(1e5),
      "'".repeat(1e5),
      "a.".repeat(1e5),
      "http://a".repeat(1e5),
      "0x".repeat(1e5),
    ];
    for (const message of hostile) expect(messagePattern(message).length).toBeLessThan(8000);
  });
});

function anError(fields: Partial<StoredError> = {}): StoredError {
  return {
    name: "SmtpError",
    message: "421 busy",
    stack: [
      "SmtpError: 421 busy",
      "    at Socket.onData (/app/node_modules/smtp/lib/socket.js:17:3)",
      "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
      "    at async Mailer.send (/app/dist/mail.js:10:5)",
      "    at async run (/app/dist/worker.js:1:1)",
    ].join("\n"),
    ...fields,
  };
}

describe("the fingerprint of an error", () => {
  it("is eight hex digits", () => {
    expect(errorFingerprint(anError())).toMatch(/^[0-9a-f]{8}$/);
  });

  it.each([
    ["another number in the message", { message: "450 busy" }],
    ["other frames of packages", { stack: anError().stack?.replace("socket.js:17:3", "tls.js:9:1") }],
    [
      "another line of the same function",
      { stack: anError().stack?.replace("mail.js:10:5", "mail.js:99:1") },
    ],
    ["another folder, as on another machine", { stack: anError().stack?.replaceAll("/app/dist", "/srv/b") }],
    ["callers that differ", { stack: anError().stack?.replace("worker.js:1:1", "test.js:3:1") }],
    [
      "a file loaded as a module",
      { stack: anError().stack?.replace("/app/dist/mail", "file:///app/dist/mail") },
    ],
  ])("is the same with %s", (_what, fields) => {
    const changed = { ...anError(), ...fields } as StoredError;
    expect(errorFingerprint(changed)).toBe(errorFingerprint(anError()));
  });

  it.each([
    ["another name", { name: "ImapError" }],
    ["a code", { code: "EBUSY" }],
    ["other words", { message: "421 gone" }],
    [
      "another function of the application",
      { stack: anError().stack?.replace("Mailer.send", "Mailer.ping") },
    ],
    ["another file of the application", { stack: anError().stack?.replace("mail.js", "letter.js") }],
  ])("differs with %s", (_what, fields) => {
    const changed = { ...anError(), ...fields } as StoredError;
    expect(errorFingerprint(changed)).not.toBe(errorFingerprint(anError()));
  });

  it("needs no stack", () => {
    const { stack: _stack, ...bare } = anError();
    expect(errorFingerprint(bare)).toMatch(/^[0-9a-f]{8}$/);
    expect(errorFingerprint({ name: "NonError", message: '"sun"' })).toMatch(/^[0-9a-f]{8}$/);
  });

  it("is the same for a thrown error and for what is stored of it", () => {
    const thrown = Object.assign(new RangeError("user 17 not found"), { code: "NO_USER" });
    const stored = storeError(thrown);
    expect(errorFingerprint(JSON.parse(JSON.stringify(stored)) as StoredError)).toBe(
      errorFingerprint(thrown),
    );
  });

  it("makes five groups of five errors with a thousand messages each", () => {
    const makers = [
      (n: number) => new Error(`connect ECONNREFUSED 10.0.0.${n % 256}:${3000 + n}`),
      (n: number) => new Error(`user ${n}@example.com has no order "${n}-${n * 7}"`),
      (n: number) => new TypeError(`cannot read item ${n} of ${n * 2}`),
      (n: number) =>
        new Error(`GET https://api.example.com/items?id=${n}&token=${(n * 7919).toString(16)} gave 502`),
      (n: number) =>
        Object.assign(new Error(`row ${UUID.slice(0, -4)}${String(n).padStart(4, "0")} is locked`), {
          code: 55,
        }),
    ];
    const groups = makers.map(
      (make) => new Set(Array.from({ length: 1000 }, (_, n) => errorFingerprint(make(n)))),
    );
    expect(groups.map(({ size }) => size)).toEqual([1, 1, 1, 1, 1]);
    expect(new Set(groups.flatMap((group) => [...group])).size).toBe(5);
  });
});
