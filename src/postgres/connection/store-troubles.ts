/** What the errors of a server and of a network mean, and what its operator should do. */
import {
  LATE,
  passing,
  refusing,
  type Trouble,
  type Troubles,
  troublesOfNetwork,
} from "../../core/store-trouble.js";

const CREDENTIALS = refusing(
  "STORE_AUTH",
  "refused the connection",
  'Give the user and password in the url ("postgres://user:password@host:5432/database") or as `user` and `password`.',
);
const RIGHTS = refusing(
  "STORE_AUTH",
  "does not allow the role what taskora needs",
  'Grant the role what "Roles" in docs/postgres.md lists, or let a role that may create tables run the migration.',
);
const CONFLICT = passing("ended the transaction for the sake of another", "This passes.");
const CLOSED = passing(
  "closed the connection",
  "Look at its log; whoever ended it (an operator, a restart, a proxy) may say why.",
);
const FULL = refusing(
  "STORE_FULL",
  "has no room to store more",
  "Free space on its disk or raise its quota; keep fewer finished jobs (retention).",
);
const FORMAT = refusing(
  "STORE_FORMAT",
  "lacks tables or functions that this version of taskora uses",
  "Let the adapter migrate the schema (`migrate: true`), or apply what `postgresMigration()` of taskora/postgres gives.",
);

/** By SQLSTATE. */
const STATES: Troubles = {
  "28P01": CREDENTIALS,
  "28000": CREDENTIALS,
  "3D000": refusing(
    "STORE_UNSUPPORTED",
    "has no such database",
    "Create it (createdb name), or correct the name in the url.",
  ),
  "42501": RIGHTS,
  "42P01": FORMAT,
  "42883": FORMAT,
  "3F000": FORMAT,
  "53300": passing(
    "has no room for another connection",
    "Raise max_connections, use a pooler, or run fewer processes; each needs at most 4.",
  ),
  "53100": FULL,
  "53200": passing("is short of memory", "Look at the memory of its machine."),
  "57014": refusing(
    "STORE_UNAVAILABLE",
    "ended a statement that ran for too long, or that somebody cancelled",
    "Raise statement_timeout for the role of taskora above its deadline; find what blocks it (pg_stat_activity, pg_locks).",
  ),
  "57P01": CLOSED,
  "57P02": CLOSED,
  "57P03": passing("is starting, or shutting down", "Wait until it has."),
  "57P05": CLOSED,
  "25006": passing(
    "is a standby and takes no writes",
    "Give the address of the primary. During a failover this passes.",
  ),
  "25P03": CLOSED,
  "40001": CONFLICT,
  "40P01": CONFLICT,
  "55P03": CONFLICT,
  "22021": refusing(
    "STORE_REPLY",
    "cannot store a text with the character U+0000",
    "Leave U+0000 out of ids, reasons and names; payloads and results may have it.",
  ),
};

/** By the `code` of an error of the network. */
const NETWORK = troublesOfNetwork(CLOSED);

/** What the server says that nobody here knows. */
export const UNEXPECTED = refusing(
  "STORE_REPLY",
  "answered with an error that taskora does not expect",
  "If the server is a PostgreSQL ≥ 14, this is a bug in taskora.",
);
const UNTRUSTED = refusing(
  "STORE_AUTH",
  "has a certificate that is not trusted",
  "Give its authority as `ssl: { ca }`, and as the host a name that the certificate is for.",
);

/** What an error with this code means; undefined: it is none that is known. */
export function troubleOf(code: unknown, said: string): Trouble | undefined {
  if (typeof code === "string") {
    if (Object.hasOwn(STATES, code)) return STATES[code];
    if (Object.hasOwn(NETWORK, code)) return NETWORK[code];
    if (/^08...$/.test(code)) return CLOSED;
    if (/^53...$/.test(code)) return FULL;
    if (/CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ALTNAME/.test(code)) return UNTRUSTED;
  }
  if (/password|SASL|pg_hba/i.test(said)) return CREDENTIALS;
  if (/timeout|timed out/i.test(said)) return LATE;
  return /connection|terminated|socket|not queryable|ECONN/i.test(said) ? CLOSED : undefined;
}
