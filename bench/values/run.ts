/**
 * What it costs that values are looked through before they are written as JSON: `JSON.stringify` alone beside the
 * serializer, in turns in one process, in time of the processor. Run it with `npx tsx bench/values/run.ts`; it fails when
 * a target is missed.
 */
import { jsonSerializer } from "../../src/core/serializer.js";

/** Most that looking through may add to the writing of a payload, and most nanoseconds of it for the typical one. */
const TARGETS = { ratio: 1.5, typicalNanos: 500 };
const ROUNDS = 15;
const ROUND_BYTES = 20_000_000;

const order = {
  userId: "u_123456",
  email: "ada@example.com",
  items: [
    { sku: "A-1", quantity: 2, price: 19.99 },
    { sku: "B-2", quantity: 1, price: 5 },
  ],
  address: { street: "1 Main St", city: "London", zip: "N1" },
  express: true,
  note: null,
};

const PAYLOADS: Readonly<Record<string, unknown>> = {
  small: { to: "ada@example.com", subject: "Hello" },
  typical: order,
  "with a date": { ...order, at: new Date(0) },
  "200 rows": Array.from({ length: 200 }, (_, id) => ({ ...order, id })),
  "a text of 5 kB": { html: "x".repeat(5000) },
};

/** Nanoseconds of processor time per call. */
function time(write: (value: unknown) => unknown, value: unknown, calls: number): number {
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call++) write(value);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / calls;
}

/** The quickest round is the one that nobody else disturbed. */
function compare(value: unknown): { readonly plain: number; readonly checked: number } {
  const calls = Math.ceil(ROUND_BYTES / JSON.stringify(value).length / 10);
  let plain = Number.POSITIVE_INFINITY;
  let checked = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    plain = Math.min(
      plain,
      time((each) => JSON.stringify(each), value, calls),
    );
    checked = Math.min(
      checked,
      time((each) => jsonSerializer.encode(each), value, calls),
    );
  }
  return { plain, checked };
}

/** A process meets objects of many shapes before these. */
for (let n = 0; n < 2000; n++) jsonSerializer.encode({ [`k${n % 500}`]: n, list: [n], in: { a: n } });

for (const [name, value] of Object.entries(PAYLOADS)) {
  const { plain, checked } = compare(value);
  const ratio = checked / plain;
  const text = `${name}: JSON.stringify ${plain.toFixed(0)} ns, encode ${checked.toFixed(0)} ns, ${ratio.toFixed(2)} times`;
  process.stdout.write(`${text}\n`);
  const isMissed = ratio > TARGETS.ratio || (name === "typical" && checked - plain > TARGETS.typicalNanos);
  if (!isMissed) continue;
  process.stderr.write(`missed: ${text}\n`);
  process.exitCode = 1;
}
