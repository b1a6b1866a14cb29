/** The rows that claims answer, in a round or not: the first says how it went, and one for each job follows. */

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
      select null::json, o.id::text, j.payload, j.payload_bytes, j.version, j.fingerprint, j.headers, o.rank, o.attempt + 1, j.max_attempts,
        o.stalls, j.enqueued_at, coalesce(o.since, j.enqueued_at), o.new_fence, j.limits
      from run o left join @.job j on j.task = o.task and j.id = o.id order by o.new_fence`;
