/**
 * The body of a record: what the client knows of a job, opaque to Lua. Text all through when the payload is
 * text, so that a batch goes out as one string. A plain job's body is 3 bytes, the fingerprint, the payload. A large payload
 * may stand beside the record, see {@link isLarge}: then its body ends before it.
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
const BESIDE = 4;
const MOST_IN_ONE_BYTE = 127;

interface ExtendedHead {
  readonly v: number;
  readonly f?: string;
  readonly m?: number;
  readonly h?: Readonly<Record<string, string>>;
  readonly c?: readonly [key: string, maxSize: number];
}

/** From so many characters or bytes on it costs more to pass a payload through a script than to send it beside (ADR 0049). */
const LARGE = 2048;

/** Whether a payload is better stored beside its record. */
export function isLarge({ payload }: Pick<NewJob, "payload">): boolean {
  return payload.length >= LARGE;
}

/**
 * @param isBeside the payload is left out, and stands elsewhere
 * @returns text for a text payload, bytes for a binary one
 */
export function encodeBody(job: NewJob, isBeside = false): string | Buffer {
  const kind = (typeof job.payload === "string" ? 0 : BINARY) | (isBeside ? BESIDE : 0);
  const headers = orderedHeaders(job.headers);
  const isPlain = headers === undefined && fitsPlain(job);
  const head = isPlain ? plainHead(job, kind) : extendedHead(job, headers, kind);
  if (isBeside) return head;
  if (typeof job.payload === "string") return head + job.payload;
  return Buffer.concat([Buffer.from(head, "utf8"), job.payload]);
}

/** In one order, since the bodies of a repeated insert are compared as they are written; undefined when there are none. */
function orderedHeaders(headers: NewJob["headers"]): NewJob["headers"] {
  if (headers === undefined) return undefined;
  const sorted = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0 ? undefined : Object.fromEntries(sorted);
}

function fitsPlain(job: NewJob): boolean {
  return (
    job.maxAttempts === undefined &&
    job.limits?.collect === undefined &&
    job.version >= 0 &&
    job.version <= MOST_IN_ONE_BYTE &&
    job.fingerprint.length <= MOST_IN_ONE_BYTE &&
    /^[\x20-\x7e]*$/.test(job.fingerprint)
  );
}

function plainHead(job: NewJob, kind: number): string {
  return String.fromCharCode(kind, job.version, job.fingerprint.length) + job.fingerprint;
}

function extendedHead(job: NewJob, headers: NewJob["headers"], kind: number): string {
  const head: ExtendedHead = {
    v: job.version,
    ...(job.fingerprint === "" ? {} : { f: job.fingerprint }),
    ...(job.maxAttempts === undefined ? {} : { m: job.maxAttempts }),
    ...(headers === undefined ? {} : { h: headers }),
    ...(job.limits?.collect === undefined ? {} : { c: [job.limits.collect.key, job.limits.collect.maxSize] }),
  };
  const text = JSON.stringify(head);
  return `${String.fromCharCode(kind | EXTENDED)}${Buffer.byteLength(text)}:${text}`;
}

/**
 * Reads a body; one that makes no sense is answered with `corrupt`, never thrown.
 *
 * @param beside the payload that stands beside the record, where its body says so
 */
export function decodeBody(bytes: Buffer, beside?: Buffer): Body {
  const kind = bytes[0];
  if (kind === CORRUPT_MARK) return corruptBody("its record was overwritten or cut");
  if (kind === undefined || kind > (BINARY | EXTENDED | BESIDE))
    return corruptBody("its body has an unknown form");
  if (kind & BESIDE && beside === undefined)
    return corruptBody("its payload, which stands beside it, is gone");
  try {
    const body = kind & EXTENDED ? decodeExtended(bytes, kind) : decodePlain(bytes, kind);
    return beside === undefined ? body : { ...body, payload: decodePayload(beside, 0, kind) };
  } catch (error) {
    return corruptBody(`its body cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** A body that stands for one that cannot be read. */
export function corruptBody(corrupt: string): Body {
  return { payload: "", version: 0, fingerprint: "", headers: {}, corrupt };
}

function decodePlain(bytes: Buffer, kind: number): Body {
  const { 1: version, 2: length } = bytes;
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
