export {
  type ReadableState,
  type ReadQuery,
  type RedisReader,
  redisReader,
} from "./codec/redis-reader.js";
export type { RedisClientLike } from "./connection/own-client.js";
export type { RedisAdapterOptions } from "./connection/redis-options.js";
export { redisAdapter } from "./redis-adapter.js";
