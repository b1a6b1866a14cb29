import type { Adapter, JobChange } from "../core/adapter.js";
import type { JobState } from "../core/lifecycle.js";
import type { Inspector, JobInfoPage } from "./inspector.js";

/** What a change of one dead letter did. `refused`: the job is in another state. */
export type DeadLetterResult =
  | { readonly status: "applied" | "missing" }
  | { readonly status: "refused"; readonly state: JobState };

/** Jobs that ended as failed and wait for somebody to decide. */
export interface DeadLetters {
  /** Newest first; `limit` is 1 to 1 000, default 100. */
  list(query: {
    readonly task: string;
    readonly cursor?: string;
    readonly limit?: number;
  }): Promise<JobInfoPage>;
  /** Makes one wait again, as a fresh first attempt. */
  retry(task: string, id: string): Promise<DeadLetterResult>;
  /** Makes every job that is dead now wait again; resolves with how many. */
  retryAll(task: string): Promise<number>;
  /** Deletes one. */
  remove(task: string, id: string): Promise<DeadLetterResult>;
  /** Deletes every job that is dead now; resolves with how many. */
  purge(task: string): Promise<number>;
}

/** What dead letters need from their app. */
export interface DeadLetterHost {
  readonly adapter: Adapter;
  readonly inspector: Inspector;
  connect(): Promise<void>;
}

const PAGE = 500;

/** Makes the dead letter operations of an app. */
export function createDeadLetters(host: DeadLetterHost): DeadLetters {
  const changeOne = async (change: JobChange): Promise<DeadLetterResult> => {
    await host.connect();
    const snapshot = (await host.adapter.read([change]))[0];
    if (snapshot === undefined) return { status: "missing" };
    if (snapshot.state !== "failed") return { status: "refused", state: snapshot.state };
    return (await host.adapter.change([change]))[0] ?? { status: "missing" };
  };
  const changeAll = async (task: string, change: "revive" | "remove"): Promise<number> => {
    await host.connect();
    let changed = 0;
    for (let cursor: string | undefined; ; ) {
      const query = { task, state: "failed" as const, limit: PAGE };
      const page = await host.adapter.list(cursor === undefined ? query : { ...query, cursor });
      const replies = await host.adapter.change(page.jobs.map(({ id }) => ({ task, id, change })));
      changed += replies.filter((reply) => reply.status === "applied").length;
      cursor = page.cursor;
      if (cursor === undefined) return changed;
    }
  };
  return {
    list: (query) => host.inspector.list({ ...query, state: "failed" }),
    retry: (task, id) => changeOne({ task, id, change: "revive" }),
    retryAll: (task) => changeAll(task, "revive"),
    remove: (task, id) => changeOne({ task, id, change: "remove" }),
    purge: (task) => changeAll(task, "remove"),
  };
}
