/** The rows that claims answer, in a round or not: the first says how it went, and one for each job follows. */
import { lookUp } from "./source.js";

export const CLAIM_COLUMNS = `
  head json, job_id text, payload text, payload_bytes bytea, version integer, fingerprint text, headers text, rank smallint,
  attempt integer, max_attempts integer, stalls integer, enqueued_at bigint, since bigint, fence bigint, limits text
`;

/** What stands beside the head. */
export const NO_JOB =
  "null::text, null::text, null::bytea, null::integer, null::text, null::text, null::smallint, null::integer, null::integer, " +
  "null::integer, null::bigint, null::bigint, null::bigint, null::text";

/** Of rows of `ready`, named `run`, that were given a `new_fence`. */
export const CLAIMED_JOBS = `
      select null::json, r.id::text, j.payload, j.payload_bytes, j.version, j.fingerprint, j.headers, r.rank, r.attempt + 1, j.max_attempts,
        r.stalls, j.enqueued_at, coalesce(r.since, j.enqueued_at), r.new_fence, j.limits
      from run r ${lookUp("job", "j", "o.task = r.task and o.id = r.id")} order by r.new_fence`;
