import type { JobOptions, Session } from "../peers/peer.js";
import { makePayload, SMALL_BYTES } from "./workload.js";

/** What is put into the store before something is measured. */
export interface Load {
  readonly jobs: number;
  /** Of each payload. Default {@link SMALL_BYTES}. */
  readonly bytes?: number;
  readonly options?: (index: number) => JobOptions;
}

const CHUNK = 1000;

/** Stores jobs, 1 000 at a time, in bulk where the queue can. */
export async function load(session: Session, { jobs, bytes = SMALL_BYTES, options }: Load): Promise<void> {
  for (let from = 0; from < jobs; from += CHUNK) {
    const count = Math.min(CHUNK, jobs - from);
    const payloads = Array.from({ length: count }, (_, index) => makePayload(from + index, bytes));
    const optionsOf = options === undefined ? undefined : (index: number) => options(from + index);
    if (session.dispatchMany !== undefined) await session.dispatchMany(payloads, optionsOf);
    else await Promise.all(payloads.map((payload, index) => session.dispatch(payload, optionsOf?.(index))));
  }
}
