import { createHash } from "node:crypto";
import type { NewJob } from "../../core/adapter.js";

const DIGEST_CHARACTERS = 22;

/** The job with the digest of its payload, when it has an idempotency key: a key stands for one payload. */
export function withDigest(job: NewJob): NewJob {
  const idempotency = job.limits?.idempotency;
  if (idempotency === undefined) return job;
  const digest = createHash("sha256").update(job.payload).digest("base64url").slice(0, DIGEST_CHARACTERS);
  return { ...job, limits: { ...job.limits, idempotency: { ...idempotency, digest } } };
}
