import { Redis } from "ioredis";

/** Deletes everything under a prefix in one step, as FLUSHALL would on a server that nobody shares. */
export async function emptyPrefix(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url);
  const script = `
    local cursor, keys = "0", {}
    repeat
      local page = redis.call("SCAN", cursor, "MATCH", ARGV[1] .. ":*", "COUNT", 1000)
      cursor = page[1]
      for _, key in ipairs(page[2]) do keys[#keys + 1] = key end
    until cursor == "0"
    for from = 1, #keys, 1000 do redis.call("DEL", unpack(keys, from, math.min(from + 999, #keys))) end`;
  await redis.eval(script, 0, prefix);
  await redis.quit();
}
