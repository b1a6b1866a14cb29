/**
 * Tells a connection that went silent (a balancer that forgot it, a machine that is gone, a cable) from a statement that takes
 * long: over another connection the server is asked whether it still works on it. A link that is lost is ended at the server
 * too, so that it holds no locks that the next try waits for.
 */
import type { PgClient, PgPoolClient } from "./driver.js";
import { abandon, inTime, SUSPICIOUS_MS } from "./in-time.js";

/** A backend that waits for its client has said all that it had to say, or cannot get rid of it. */
const ASK = `
  select a.pid is null as gone, case when (a.state <> 'active' or a.wait_event_type = 'Client')
    and clock_timestamp() - a.state_change > interval '500 ms' then pg_terminate_backend(a.pid) end as ended
  from (select $1::integer as pid) s left join pg_stat_activity a on a.pid = s.pid`;

export interface SilentLinksParts {
  /** Makes a connection of its own, not connected yet. */
  readonly make: () => PgClient;
  /** Whether a backend that the server does not know is gone; behind a pooler its number means nothing. */
  readonly isDirect: () => boolean;
}

export class SilentLinks {
  readonly #parts: SilentLinksParts;
  /** One question at a time, so that trouble does not open many connections. */
  #asking: Promise<unknown> = Promise.resolve();

  constructor(parts: SilentLinksParts) {
    this.#parts = parts;
  }

  /** Whether the server will never answer over this connection. */
  isLost(client: Pick<PgPoolClient, "processID" | "host" | "port">): Promise<boolean> {
    const { processID } = client;
    if (typeof processID !== "number") return Promise.resolve(false);
    const asked = this.#asking.then(() => this.#ask(processID, client));
    this.#asking = asked.catch(() => undefined);
    return asked;
  }

  async #ask(pid: number, { host, port }: Pick<PgPoolClient, "host" | "port">): Promise<boolean> {
    const client = this.#parts.make();
    // Of several servers another is the one to go to by now; a number of a backend means nothing there.
    if (client.host !== host || client.port !== port) return true;
    client.on("error", () => undefined);
    const ask = async () => {
      await client.connect();
      return (await client.query({ text: ASK, values: [pid] })).rows[0];
    };
    const asking = ask();
    try {
      const row = await inTime(asking, performance.now() + SUSPICIOUS_MS);
      return row?.ended === true || (row?.gone === true && this.#parts.isDirect());
    } finally {
      abandon(client, asking);
    }
  }
}
