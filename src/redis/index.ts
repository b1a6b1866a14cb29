export { redisAdapter } from "./redis-adapter.js";
export type { RedisAdapterOptions } from "./redis-options.js";
