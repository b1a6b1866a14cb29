/** Why a store cannot be reached, as far as that can be told from here. */
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Taskora } from "taskora";
import { type NamedStore, shownUrl } from "../commands/store.js";

/** What is known of a store that does not answer. */
export interface Diagnosis {
  /** The store, without secrets. */
  readonly place: string;
  /** Who named it: a flag, the environment, a config. */
  readonly from: string;
  /** What went wrong, in the words of whoever noticed it. */
  readonly error: string;
  /** What may be behind it, and what to do about each. */
  readonly causes: readonly string[];
}

/** So long a page waits for the store's answer. */
const PATIENCE_MS = 1500;
const KNOCK_MS = 1000;

/** Asks a store now and then whether it is there: when somebody opens a page, and never by itself. */
export class StoreDoor {
  readonly #app: Taskora;
  readonly #store: NamedStore;
  #asking: Promise<string | undefined> | undefined;

  constructor(app: Taskora, store: NamedStore) {
    this.#app = app;
    this.#store = store;
  }

  /** Undefined: the store answers. */
  async diagnose(): Promise<Diagnosis | undefined> {
    // One question at a time: it may have to wait for a connection, whoever else comes meanwhile.
    this.#asking ??= this.#ask();
    const answer = await Promise.race([this.#asking, wait(PATIENCE_MS, SILENT, { ref: false })]);
    if (answer === undefined) return undefined;
    const knock = await knockAt(this.#store.url);
    const error = answer === SILENT ? (knock?.message ?? SILENT) : answer;
    return {
      ...{
        place: shownUrl(this.#store.url),
        from: this.#store.from,
        error: withoutSecrets(error, this.#store.url),
      },
      causes: causesOf(`${knock?.code ?? ""} ${error}`),
    };
  }

  async #ask(): Promise<string | undefined> {
    try {
      await this.#app.tasks.list({ limit: 1 });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      this.#asking = undefined;
    }
  }
}

const SILENT = "The store has not answered.";

interface Knock {
  readonly code: string;
  readonly message: string;
}

/** Opens a connection to where a server should be, and closes it. Undefined: somebody is there, or it cannot be tried. */
async function knockAt(url: string): Promise<Knock | undefined> {
  const where = placeOf(url);
  if (where === undefined) return undefined;
  return new Promise((resolve) => {
    const socket = connect({ ...where, timeout: KNOCK_MS });
    const end = (knock: Knock | undefined) => {
      socket.destroy();
      resolve(knock);
    };
    socket.once("connect", () => end(undefined));
    socket.once("timeout", () =>
      end({ code: "ETIMEDOUT", message: `${where.host}:${where.port} does not answer.` }),
    );
    socket.once("error", (error: NodeJS.ErrnoException) => {
      end({ code: error.code ?? "", message: error.message || `${where.host}:${where.port}: ${error.code}` });
    });
  });
}

function placeOf(url: string): { readonly host: string; readonly port: number } | undefined {
  const [first = ""] = url.split(",");
  if (!/^(rediss?|postgres(ql)?):\/\//.test(first) || !URL.canParse(first)) return undefined;
  const { hostname, port, protocol } = new URL(first);
  if (hostname === "") return undefined;
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port: port === "" ? (protocol.startsWith("redis") ? 6379 : 5432) : Number(port) };
}

const CAUSES: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /ECONNREFUSED/,
    [
      "No server listens there: start it, such as with redis-server.",
      "It listens at another port or address: look at the URL above.",
    ],
  ],
  [
    /ENOTFOUND|EAI_AGAIN/,
    ["There is no machine of that name, or names cannot be resolved here: look at the URL above."],
  ],
  [
    /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/,
    [
      "A firewall, or a network that is not there, stands between: try it from this machine by hand.",
      "The machine is down.",
    ],
  ],
  [
    /NOAUTH|WRONGPASS|NOPERM|password|authenticat/i,
    [
      "The user or the password in the URL is wrong, or may not do what a board does: docs/redis.md names its commands.",
    ],
  ],
  [/LOADING/, ["The server reads its data from the disk: it answers when it has."]],
  [/format|version/i, ["The store was written by another version of taskora: taskora doctor says more."]],
  [/schema|relation|migrat/i, ["The tables are missing: taskora migrate makes them."]],
];

function causesOf(text: string): readonly string[] {
  const found = CAUSES.filter(([pattern]) => pattern.test(text)).flatMap(([, causes]) => causes);
  return found.length > 0 ? found : ["It is slow, or stands still: look at its log and its load."];
}

function withoutSecrets(text: string, url: string): string {
  const secrets = [url, ...url.split(",")].flatMap((node) => {
    if (!URL.canParse(node.trim())) return [];
    const { password } = new URL(node.trim());
    return password === "" ? [] : [password, decoded(password)];
  });
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, "…"), text);
}

/** A percent sign may stand for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
