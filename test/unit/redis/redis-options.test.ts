import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import { describe, expect, it } from "vitest";
import { loadClientClass, makeClient } from "../../../src/redis/connection/client.js";
import { resolveRedisOptions } from "../../../src/redis/connection/redis-options.js";
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
    const made = makeClient(Redis, resolveRedisOptions({}).connection) as Redis;
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

  it.each([
    ["redis://h:7000", { host: "h", port: 7000 }, "h:7000"],
    [
      "  rediss://me:p%40ss@h/2\n",
      { host: "h", port: 6379, username: "me", password: "p@ss", tls: {} },
      "h:6379",
    ],
    ["redis://:secret@[::1]:7000", { host: "::1", port: 7000, password: "secret" }, "[::1]:7000"],
    [
      "redis://h?family=6&connectTimeout=300",
      { host: "h", port: 6379, family: 6, connectTimeout: 300 },
      "h:6379",
    ],
    ["redis+unix:///run/redis.sock?db=3", { path: "/run/redis.sock" }, "/run/redis.sock"],
    [
      "unix://me:secret@/run/my%20redis.sock",
      { path: "/run/my redis.sock", username: "me", password: "secret" },
      "/run/my redis.sock",
    ],
    [
      "unix:///run/r.sock?username=me&password=x",
      { path: "/run/r.sock", username: "me", password: "x" },
      "/run/r.sock",
    ],
  ])("read %j", (url, options, where) => {
    expect(resolveRedisOptions(url)).toMatchObject({ connection: { options }, where });
    expect(Object.keys(resolveRedisOptions(url).connection.options).sort()).toEqual(
      Object.keys(options).sort(),
    );
  });

  it.each([
    ["redis+unix:///run/redis.sock?db=3", 3],
    ["unix:///run/redis.sock", 0],
  ])("read the database of %s", (url, db) => {
    expect(resolveRedisOptions(url).connection.db).toBe(db);
  });

  it("come beside a url, as text or as an object", () => {
    for (const url of ["redis://h:7000/2", new URL("redis://h:7000/2")]) {
      expect(resolveRedisOptions(url, { prefix: "shop", db: 4 })).toMatchObject({
        where: "h:7000",
        prefix: "shop",
        connection: { db: 4 },
      });
    }
  });

  it.each([
    [["redis://h", { prefix: "a" }, {}], "at most 2 arguments"],
    [[{ prefix: "a" }, { deadline: 1 }], "one argument"],
    [["redis://h", { url: "redis://g" }], "expected the url of redisAdapter once"],
    [["redis://h", null], "expected the options of redisAdapter to be an object, got null"],
    [["redis://h", "shop"], "expected the options of redisAdapter to be an object"],
    [[null], "expected the options of redisAdapter to be an object, got null"],
    [[6379], "expected the options of redisAdapter to be an object, got 6379"],
    [[new Map([["prefix", "a"]])], "expected the options of redisAdapter to be an object"],
    [[{ prefx: "a" }], 'Did you mean "prefix"?'],
    [["redis://h", { prefx: "a" }], 'Did you mean "prefix"?'],
    [[{ prefix: null }], "expected prefix to be"],
    [[{ url: null }], "expected url to be text, got null"],
    [[{ host: null }], "expected host to be text that is not empty, got null"],
    [[{ host: " h" }], "without blanks"],
    [[{ port: "6379" }], "expected port to be a whole number from 1 to 65535"],
    [[{ password: 1234 }], "expected password to be text, got something else"],
    [[{ db: null }], "expected db to be a whole number"],
    [[{ tls: true }], "expected tls to be an object"],
    [[{ allowEviction: "no" }], "expected allowEviction to be a boolean"],
    [[{ deadline: null }], "deadline"],
    [[{ connection: null }], "expected connection to be an object, got null"],
    [[{ connection: { conectTimeout: 5 } }], 'Did you mean "connectTimeout"?'],
    [[{ connection: { sentinels: [], name: "mine" } }], "expected connection.sentinels to be a list"],
    [
      [{ connection: { sentinels: [{ host: "h", port: 1 }] } }],
      "expected connection.name to be what the sentinels call",
    ],
    [["redis://h?conectTimeout=5"], 'Did you mean "connectTimeout"?'],
    [["redis://h?keyPrefix=x"], "Use the option prefix of redisAdapter"],
    [["redis://h?connectTimeout=soon"], "expected connectTimeout to be a whole number"],
    [["redis://h?natMap=x"], "Pass it as connection: { natMap }"],
    [[{ url: "unix:///run/r.sock", host: "h" }], "either a url of a socket file or a host and port"],
  ])("refuse %j", (given, message) => {
    const refused = () => redisAdapter(...(given as Parameters<typeof redisAdapter>));
    expect(refused).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(OPTION|DURATION)_INVALID$/) }),
    );
    expect(refused).toThrow(message);
  });

  it.each([
    ..."http://localhost|localhost:6379|redis//x|redis:h:6379|redis://a b|redis://h\n/2|redis://:a#b@h|unix://run/r.sock|".split(
      "|",
    ),
    "redis://%zz@h",
  ])("refuse the url %j", (url) => {
    expect(() => redisAdapter(url)).toThrow(/expected url to look like "redis:/);
  });

  it("show no password of a bad url", () => {
    expect(() => redisAdapter("http://me:secret@host")).not.toThrow("secret");
  });

  it.each(["", "a b", "{a}", "a*", "x".repeat(101)])("refuse the prefix %j", (prefix) => {
    expect(() => redisAdapter({ prefix })).toThrow("expected prefix to be");
  });

  it.each([
    ["keyPrefix", "Use the option prefix"],
    ["commandTimeout", "Use the option deadline"],
    ["maxRetriesPerRequest", "Use the option deadline"],
    ["enableReadyCheck", "Leave it out"],
    ["retryStrategy", "Leave it out"],
  ])("refuse connection.%s, which would do nothing, and say what does", (name, instead) => {
    const options = { connection: { [name]: "x" } };
    expect(() => redisAdapter(options)).toThrow(
      `connection.${name} does nothing here, since ioredis only opens the connection. ${instead}`,
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
