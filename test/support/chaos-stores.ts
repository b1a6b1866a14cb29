import type { StoreAddress } from "./adapter-at.js";
import { SchemaShelf, sharedPostgres } from "./postgres-server.js";
import { sharedRedis, uniquePrefix } from "./redis-server.js";

/** A store of a test, and a Redis to write evidence to, which is kept outside taskora. */
export interface ChaosStore extends StoreAddress {
  readonly bookUrl: string;
}

const schemas = new SchemaShelf();

/** Stores whose processes are killed. */
export const CHAOS_STORES: Readonly<Record<"Redis" | "Postgres", () => Promise<ChaosStore>>> = {
  Redis: async () => {
    const { url } = await sharedRedis();
    return { url, prefix: uniquePrefix(), bookUrl: url };
  },
  Postgres: async () => {
    const [{ url }, { url: bookUrl }] = await Promise.all([sharedPostgres(), sharedRedis()]);
    return { url, prefix: await schemas.take(), bookUrl };
  },
};

/** For `describe.each`: each kind of store, made anew by each test. */
export const chaosStores = Object.entries(CHAOS_STORES).map(([store, open]) => ({ store, open }));

/**
 * Redis; with `CHAOS_STORES=all` the others as well, and with `CHAOS_STORES=postgres` PostgreSQL alone: what these tests are about is
 * hardly the store's, and they take long.
 */
export const usualChaosStores = chaosStores.filter(({ store }) => {
  const wanted = process.env.CHAOS_STORES ?? "redis";
  return wanted === "all" || wanted === store.toLowerCase();
});
