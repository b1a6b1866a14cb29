import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import { describe, expect, it } from "vitest";
import { loadClientClass, makeClient } from "../../../src/redis/client.js";
import { type RedisAdapterOptions, resolveRedisOptions } from "../../../src/redis/redis-options.js";
import { rejection } from "./store.js";

describe("redisAdapter options", () => {
  it("default to the local server", () => {
    expect(resolveRedisOptions({})).toMatchObject({
      where: "127.0.0.1:6379",
      prefix: "taskora",
      deadlineMs: 10_000,
      eviction: "refuse",
    });
  });

  it("take an address without credentials into messages", () => {
    expect(resolveRedisOptions("rediss://user:secret@redis.test:7000/2").where).toBe("redis.test:7000");
    expect(resolveRedisOptions({ host: "h", password: "secret" }).where).toBe("h:6379");
  });

  it("win over the url, one by one", () => {
    const { connection, where } = resolveRedisOptions({
      url: "redis://a:b@far:7000/2",
      host: "near",
      db: 5,
      password: "c",
    });
    expect(where).toBe("near:7000");
    expect(connection).toMatchObject({ db: 5, options: { host: "near", password: "c" } });
    const made = makeClient(Redis, connection) as Redis;
    expect(made.options).toMatchObject({ host: "near", port: 7000, username: "a", password: "c" });
  });

  it("leave no timer of a refused connection behind", () => {
    const made = makeClient(
      Redis,
      resolveRedisOptions({ connection: { disconnectTimeout: 5000 } }).connection,
    ) as Redis;
    expect(made.options.disconnectTimeout).toBe(1);
  });

  it.each([
    ["redis://h", 0],
    ["redis://h/", 0],
    ["redis://h/7", 7],
    ["redis://h?db=3", 3],
  ])("read the database of %s", (url, db) => {
    expect(resolveRedisOptions(url).connection.db).toBe(db);
  });

  it.each(["redis://h/abc", "redis://h/1.5", "redis://h/-1"])("refuse the database of %s", (url) => {
    expect(() => redisAdapter(url)).toThrow("expected db to be a whole number");
  });

  it("suggest the option that was meant", () => {
    expect(() => redisAdapter({ prefx: "a" } as RedisAdapterOptions)).toThrow('Did you mean "prefix"?');
  });

  it.each(["http://localhost", "localhost:6379", "redis//x", ""])("refuse the url %j", (url) => {
    expect(() => redisAdapter(url)).toThrow(/expected url to look like "redis:/);
  });

  it("show no password of a bad url", () => {
    expect(() => redisAdapter("http://me:secret@host")).not.toThrow("secret");
  });

  it.each(["", "a b", "{a}", "a*", "x".repeat(101)])("refuse the prefix %j", (prefix) => {
    expect(() => redisAdapter({ prefix })).toThrow("expected prefix to be");
  });

  it.each([
    ["keyPrefix", "prefix"],
    ["commandTimeout", "deadline"],
  ])("refuse connection.%s, which would do nothing, and name what does", (name, instead) => {
    expect(() => redisAdapter({ connection: { [name]: "x" } })).toThrow(
      `connection.${name} does nothing here, since ioredis only opens the connection. Use the option ${instead}`,
    );
  });

  it("refuse a bad deadline", () => {
    expect(() => redisAdapter({ deadline: "soon" as "1s" })).toThrow("expected deadline");
  });
});

describe("a missing ioredis", () => {
  it("is reported with the command that installs it", async () => {
    const missing = () => import("no-such-package" as string);
    const error = await rejection(loadClientClass(missing));
    expect(error).toMatchObject({ code: "DEPENDENCY_MISSING" });
    expect(String(error)).toContain("npm install ioredis");
  });
});
