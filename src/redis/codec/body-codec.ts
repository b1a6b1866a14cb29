/**
 * The body of a record: what the client knows of a job, opaque to Lua. Text all through when the payload is
 * text, so that a batch goes out as one string. A plain job's body is 3 bytes, the fingerprint, the payload.
 */
import type { NewJob } from "../../core/adapter.js";
import type { Encoded } from "../../core/job.js";
import { CORRUPT_MARK } from "./record-layout.js";

/** What a body holds. */
export interface Body {
  readonly payload: Encoded;
  readonly version: number;
  readonly fingerprint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxAttempts?: number;
  readonly collect?: { readonly key: string; readonly maxSize: number };
  /** Why it cannot be read. */
  readonly corrupt?: string;
}

const BINARY = 1;
const EXTENDED = 2;
const MOST_IN_ONE_BYTE = 127;

interface ExtendedHead {
  readonly v: number;
  readonly f?: string;
  readonly m?: number;
  readonly h?: Readonly<Record<string, string>>;
  readonly c?: readonly [key: string, maxSize: number];
}

/** @returns text for a text payload, bytes for a binary one */
export function encodeBody(job: NewJob): string | Buffer {
  const binary = typeof job.payload === "string" ? 0 : BINARY;
  const head = isPlain(job) ? plainHead(job, binary) : extendedHead(job, binary);
  if (typeof job.payload === "string") return head + job.payload;
  return Buffer.concat([Buffer.from(head, "utf8"), job.payload]);
}

function isPlain(job: NewJob): boolean {
  return (
    job.headers === undefined &&
    job.maxAttempts === undefined &&
    job.limits?.collect === undefined &&
    job.version >= 0 &&
    job.version <= MOST_IN_ONE_BYTE &&
    job.fingerprint.length <= MOST_IN_ONE_BYTE &&
    /^[\x20-\x7e]*$/.test(job.fingerprint)
  );
}

function plainHead(job: NewJob, binary: number): string {
  return String.fromCharCode(binary, job.version, job.fingerprint.length) + job.fingerprint;
}

function extendedHead(job: NewJob, binary: number): string {
  const head: ExtendedHead = {
    v: job.version,
    ...(job.fingerprint === "" ? {} : { f: job.fingerprint }),
    ...(job.maxAttempts === undefined ? {} : { m: job.maxAttempts }),
    ...(job.headers === undefined ? {} : { h: job.headers }),
    ...(job.limits?.collect === undefined ? {} : { c: [job.limits.collect.key, job.limits.collect.maxSize] }),
  };
  const text = JSON.stringify(head);
  return `${String.fromCharCode(binary | EXTENDED)}${Buffer.byteLength(text)}:${text}`;
}

/** Reads a body; one that makes no sense is answered with `corrupt`, never thrown. */
export function decodeBody(bytes: Buffer): Body {
  const kind = bytes[0];
  if (kind === CORRUPT_MARK) return corruptBody("its record was overwritten or cut");
  if (kind === undefined || kind > (BINARY | EXTENDED)) return corruptBody("its body has an unknown form");
  try {
    return kind & EXTENDED ? decodeExtended(bytes, kind) : decodePlain(bytes, kind);
  } catch (error) {
    return corruptBody(`its body cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** A body that stands for one that cannot be read. */
export function corruptBody(corrupt: string): Body {
  return { payload: "", version: 0, fingerprint: "", headers: {}, corrupt };
}

function decodePlain(bytes: Buffer, kind: number): Body {
  const [, version, length] = bytes;
  if (version === undefined || length === undefined || bytes.length < 3 + length) {
    throw new RangeError("its head is cut");
  }
  return {
    payload: decodePayload(bytes, 3 + length, kind),
    version,
    fingerprint: bytes.toString("latin1", 3, 3 + length),
    headers: {},
  };
}

function decodeExtended(bytes: Buffer, kind: number): Body {
  const colon = bytes.indexOf(":");
  const start = colon + 1;
  const end = start + Number(bytes.toString("latin1", 1, colon));
  if (colon < 0 || !(end <= bytes.length)) throw new RangeError("its head is cut");
  const head = JSON.parse(bytes.toString("utf8", start, end)) as ExtendedHead;
  return {
    payload: decodePayload(bytes, end, kind),
    version: head.v,
    fingerprint: head.f ?? "",
    headers: head.h ?? {},
    ...(head.m === undefined ? {} : { maxAttempts: head.m }),
    ...(head.c === undefined ? {} : { collect: { key: head.c[0], maxSize: head.c[1] } }),
  };
}

function decodePayload(bytes: Buffer, from: number, kind: number): Encoded {
  return kind & BINARY ? new Uint8Array(bytes.subarray(from)) : bytes.toString("utf8", from, bytes.length);
}
