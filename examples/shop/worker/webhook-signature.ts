import { createHmac, timingSafeEqual } from "node:crypto";

/** The request header that carries the signature: `t=<seconds since the epoch>,v1=<hex HMAC-SHA256>`. */
export const SIGNATURE_HEADER = "x-shop-signature";

/** How old a signed request may be before a receiver takes it for a replay. */
const TOLERANCE_SECONDS = 300;

/** What is signed, with what, and when (ms since the epoch). */
export interface SignedBody {
  readonly body: string;
  readonly secret: string;
  readonly now: number;
}

/** Signs the time together with the body, so that an old request cannot be sent again later. */
export function signBody({ body, secret, now }: SignedBody): string {
  const seconds = Math.floor(now / 1000);
  return `t=${seconds},v1=${digest(seconds, body, secret).toString("hex")}`;
}

/** Whether the header was made by {@link signBody} with the same secret, for this body, within five minutes. */
export function isSignedBody(header: string, { body, secret, now }: SignedBody): boolean {
  const [, time, hex] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  if (time === undefined || hex === undefined) return false;
  const seconds = Number(time);
  if (Math.abs(now / 1000 - seconds) > TOLERANCE_SECONDS) return false;
  return timingSafeEqual(Buffer.from(hex, "hex"), digest(seconds, body, secret));
}

function digest(seconds: number, body: string, secret: string): Buffer {
  return createHmac("sha256", secret).update(`${seconds}.${body}`).digest();
}
