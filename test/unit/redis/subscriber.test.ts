import { Redis } from "ioredis";
import { afterEach, describe, expect, it } from "vitest";
import { makeClient } from "../../../src/redis/connection/client.js";
import { Subscriber } from "../../../src/redis/connection/subscriber.js";
import { bulk, type ScriptedRedis, startScriptedRedis, usable } from "../../support/scripted-redis.js";
import { rejection } from "./store.js";

const closing: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A subscriber of a server that answers the nth SUBSCRIBE, from 1, as `answer` says; undefined: as it should. */
async function subscriberOf(
  answer: (nth: number) => string | undefined,
  deadlineMs = 5000,
): Promise<{ readonly subscriber: Subscriber; readonly server: ScriptedRedis }> {
  let nth = 0;
  const server = await startScriptedRedis((command, args) => {
    if (command === "SUBSCRIBE") nth += 1;
    return (command === "SUBSCRIBE" ? answer(nth) : undefined) ?? usable(command, args);
  });
  const options = { host: server.host, port: server.port };
  const subscriber = new Subscriber(
    {
      make: (attempt) => makeClient(Redis, { options, db: 0 }, attempt),
      where: "here",
      db: 0,
      onOpen: async () => undefined,
      silenceMs: 5000,
      answers: "at once",
    },
    deadlineMs,
  );
  closing.push(
    () => subscriber.close(),
    () => server.stop(),
  );
  return { subscriber, server };
}

function published(channel: string, message: string): string {
  return `*3\r\n${bulk("message")}${bulk(channel)}${bulk(message)}`;
}

describe("a subscription", () => {
  it.each([1, 2, 3])(
    "is tried again until the deadline when the connection is cut at command %i",
    async (cut) => {
      const { subscriber, server } = await subscriberOf((nth) => (nth === cut ? "close" : undefined));
      const heard: string[] = [];
      let told: () => void = () => undefined;
      const both = new Promise<void>((resolve) => {
        told = () => heard.length === 2 && resolve();
      });
      for (const channel of ["one", "two"]) {
        await subscriber.subscribe(channel, (message) => {
          if (message !== undefined) heard.push(String(message));
          told();
        });
      }
      server.say(published("one", "first") + published("two", "second"));
      await both;
      expect(heard).toEqual(["first", "second"]);
    },
  );

  it("fails when its deadline is over, with what went wrong", async () => {
    const { subscriber } = await subscriberOf(() => "close", 300);
    const error = await rejection(subscriber.subscribe("one", () => undefined));
    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
    expect(String(error)).toContain("closed the connection");
  });

  it("leaves no listener behind when it is refused", async () => {
    const { subscriber, server } = await subscriberOf((nth) =>
      nth === 1 ? "-NOPERM this user has no permissions to access one of the channels\r\n" : undefined,
    );
    const heard: string[] = [];
    let told: () => void = () => undefined;
    const listener = (message: Buffer | undefined) => {
      if (message !== undefined) heard.push(String(message));
      told();
    };
    expect(await rejection(subscriber.subscribe("one", listener))).toMatchObject({ code: "STORE_AUTH" });
    await subscriber.subscribe("one", listener);
    const last = new Promise<void>((resolve) => {
      told = () => heard.includes("last") && resolve();
    });
    server.say(published("one", "first") + published("one", "last"));
    await last;
    expect(heard).toEqual(["first", "last"]);
  });

  it("closes the connection with the last listener", async () => {
    const { subscriber, server } = await subscriberOf(() => undefined);
    const end = await subscriber.subscribe("one", () => undefined);
    expect(server.open).toBe(1);
    await end();
    await expect.poll(() => server.open).toBe(0);
  });
});
