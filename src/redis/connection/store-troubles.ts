/** What the answers of a store and the errors of a network mean, and what its operator should do. */
import {
  passing,
  refusing,
  type Trouble,
  type Troubles,
  troublesOfNetwork,
} from "../../core/store-trouble.js";

const MOVING = passing(
  "is a node of a cluster in which a slot moves, or has moved",
  "Wait until it has; redis-cli --cluster check finds one that stays half moved, --cluster fix ends it.",
);
const SPLIT = refusing(
  "STORE_UNSUPPORTED",
  "is a node of a cluster, and was sent what belongs to several of its slots",
  "This is a bug in taskora.",
);
const WRONG_CREDENTIALS = refusing(
  "STORE_AUTH",
  "refused the connection",
  'Give the user and password in the url ("redis://user:password@host:6379") or as `username` and `password`.',
);

/** By the first word of an error reply. */
const REPLIES: Troubles = {
  LOADING: passing("is starting and still reads its data", "Wait until it has."),
  READONLY: passing(
    "is a replica and takes no writes",
    "Give the address of the primary, or the sentinels as `connection.sentinels`. During a failover this passes.",
  ),
  MASTERDOWN: passing(
    "is a replica that has lost its primary",
    "Give the address of the primary, and look at the replication. During a failover this passes.",
  ),
  NOREPLICAS: passing(
    "takes no writes while too few replicas follow it",
    "Bring the replicas back, or lower min-replicas-to-write.",
  ),
  BUSY: passing(
    "is busy with a script that runs for too long",
    "Find whose script it is (SLOWLOG, CLIENT LIST); SCRIPT KILL ends one that has not written yet.",
  ),
  MISCONF: passing(
    "takes no writes because it cannot save its data",
    "Look at the disk and the log of the server.",
  ),
  UNBLOCKED: passing("ended the wait by itself", "This passes."),
  OOM: {
    code: "STORE_FULL",
    passes: false,
    meaning: "refuses to store more: it has reached maxmemory. Completing jobs still works",
    advice: "Raise maxmemory, keep fewer finished jobs (retention), or run more workers.",
  },
  NOAUTH: WRONG_CREDENTIALS,
  WRONGPASS: WRONG_CREDENTIALS,
  NOPERM: refusing(
    "STORE_AUTH",
    "does not allow the user what taskora needs",
    'Give the user the commands, keys and channels that "Access rights" in docs/redis.md lists.',
  ),
  DENIED: refusing(
    "STORE_AUTH",
    "takes connections from its own machine only",
    "Set a password for it (requirepass, or an ACL user), or bind it to the network on purpose.",
  ),
  MOVED: MOVING,
  ASK: MOVING,
  TRYAGAIN: MOVING,
  CROSSSLOT: SPLIT,
  CLUSTERDOWN: passing(
    "is a node of a cluster that is down, or does not serve this slot",
    "Start its nodes, or let replicas take over; redis-cli --cluster check tells what is missing.",
  ),
};

/** Replies that begin with the word `ERR`, and what clients say in its place. */
const SENTENCES: readonly (readonly [RegExp, Trouble])[] = [
  [
    /max number of clients/i,
    passing("has no room for another connection", "Raise maxclients, or run fewer processes."),
  ],
  [/invalid (username-)?password|AUTH .*called without/i, WRONG_CREDENTIALS],
  [/too many cluster redirections/i, MOVING],
  [
    /cluster support/i,
    refusing("STORE_UNSUPPORTED", "is no node of a cluster", "Pass its url alone, and not as `cluster`."),
  ],
  [
    /refresh slots cache|startup nodes|cluster is (ended|not ready)|cluster isn't ready/i,
    passing(
      "is a cluster of which no node could be reached",
      "Start its nodes; give several of them as cluster: [urls].",
    ),
  ],
  [/\bOOM\b/, REPLIES.OOM as Trouble],
  [
    /sentinels are unreachable|unknown primary/i,
    passing(
      "could not be found: no sentinel told a primary",
      "Check the addresses in `connection.sentinels`, and that `connection.name` is what the sentinels call it.",
    ),
  ],
];

/** The connection ended without a word. */
export const CLOSED = passing(
  "closed the connection",
  'Look at its log; a server that wants TLS needs "rediss://" or `tls`.',
);
const UNTRUSTED = refusing(
  "STORE_AUTH",
  "has a certificate that is not trusted",
  "Give its authority as `tls.ca`, and as the host a name that the certificate is for.",
);

/** By the `code` of an error of the network. */
const NETWORK: Troubles = {
  ...troublesOfNetwork(CLOSED),
  EACCES: passing("may not be reached by this user", "Check the rights of the socket file and the network."),
  EPROTO: refusing(
    "STORE_UNSUPPORTED",
    "could not agree on TLS",
    'A server without TLS needs "redis://" and no `tls`; otherwise compare the versions of TLS.',
  ),
};

/** What the store says that nobody here knows. */
export const UNEXPECTED = refusing(
  "STORE_REPLY",
  "answered with an error that taskora does not expect",
  "If the server is a Redis ≥ 6.2 or Valkey without a command filter, this is a bug in taskora.",
);

/** What a reply means that begins with `code`. */
export function troubleOfReply(code: string, said: string): Trouble | undefined {
  if (Object.hasOwn(REPLIES, code)) return REPLIES[code];
  return troubleOfSentence(said);
}

/** What an error means that is no reply. */
export function troubleOfNetwork(code: unknown, said: string): Trouble | undefined {
  if (typeof code === "string") {
    if (Object.hasOwn(NETWORK, code)) return NETWORK[code];
    if (/CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|HOSTNAME_MISMATCH/.test(code)) return UNTRUSTED;
    if (code.startsWith("ERR_SSL_")) return NETWORK.EPROTO;
  }
  return troubleOfSentence(said);
}

function troubleOfSentence(said: string): Trouble | undefined {
  return SENTENCES.find(([pattern]) => pattern.test(said))?.[1];
}
