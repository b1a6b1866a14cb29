/**
 * A relay that dies where it is told: before or after the n-th insert into Redis, or not at all (`"never"`). Prints `ready`.
 * Arguments: url and schema of Postgres, url and prefix of Redis, where, which.
 */
import type { Adapter } from "taskora/adapter";
import { postgresAdapter, relay } from "taskora/postgres";
import { redisAdapter } from "taskora/redis";

const [url = "", schema = "", redisUrl = "", prefix = "", where = "never", nth = "0"] = process.argv.slice(2);
const store = redisAdapter({ url: redisUrl, prefix });
let inserts = 0;

async function pass(point: string): Promise<void> {
  if (point !== where || inserts !== Number(nth)) return;
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => undefined);
}

const to: Adapter = new Proxy(store, {
  get(target, name) {
    const member: unknown = Reflect.get(target, name);
    if (name !== "insert") return typeof member === "function" ? member.bind(target) : member;
    const insert: Adapter["insert"] = async (jobs, call) => {
      inserts += 1;
      await pass("before");
      const replies = await target.insert(jobs, call);
      await pass("after");
      return replies;
    };
    return insert;
  },
});

await relay({ from: postgresAdapter({ url, schema }), to, batch: 20 }).start();
process.stdout.write("ready\n");
