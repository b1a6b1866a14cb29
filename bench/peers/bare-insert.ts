import pg from "pg";
import type { Peer, Session, Setup } from "./peer.js";

export const peer: Peer = {
  setting: "no queue: one row of an id and a text for each job, by an INSERT of its own over one connection",
  capabilities: [],
  store: "postgres",
  workloads: ["dispatch-single", "single-10kb"],
  open,
};

async function open({ storeUrl }: Setup): Promise<Session> {
  const client = new pg.Client({ connectionString: storeUrl });
  await client.connect();
  await client.query("create table bare (id bigserial primary key, payload text not null)");
  return {
    dispatch: (payload) => client.query("insert into bare (payload) values ($1)", [JSON.stringify(payload)]),
    work: () => Promise.reject(new Error("nobody works on rows of a table")),
    pending: async () => 0,
    close: () => client.end(),
  };
}
