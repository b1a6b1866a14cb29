export { redisAdapter } from "./redis-adapter.js";
export type { RedisAdapterOptions } from "./redis-options.js";
export {
  type ReadableState,
  type ReadQuery,
  type RedisReader,
  redisReader,
} from "./redis-reader.js";
