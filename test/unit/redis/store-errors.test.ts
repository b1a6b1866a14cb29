import { describe, expect, it } from "vitest";
import { TaskoraError } from "../../../src/core/errors.js";
import { isLinkLost, isPassing, replyCode, toStoreError } from "../../../src/redis/store-errors.js";

/** An error reply as the client library makes it. */
function reply(message: string): Error {
  return Object.assign(new Error(message), { name: "ReplyError" });
}

describe("what the store answers", () => {
  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", "STORE_FULL", true],
    ["ERR Error running script: @user_script:3: OOM command not allowed", "STORE_FULL", true],
    ["NOAUTH Authentication required.", "STORE_AUTH", false],
    ["WRONGPASS invalid username-password pair or user is disabled.", "STORE_AUTH", false],
    ["NOPERM this user has no permissions to run the 'evalsha' command", "STORE_AUTH", false],
    ["LOADING Redis is loading the dataset in memory", "STORE_UNAVAILABLE", true],
    ["READONLY You can't write against a read only replica.", "STORE_UNAVAILABLE", true],
    ["ERR unknown command 'EVALSHA'", "STORE_REPLY", false],
  ])("%s", (message, code, retryable) => {
    expect(toStoreError(reply(message), "host:1")).toMatchObject({ code, retryable });
  });

  it("names the address", () => {
    expect(toStoreError(reply("ERR odd"), "host:1").message).toContain("host:1");
  });

  it("is passed on when it is typed already", () => {
    const typed = new TaskoraError("STORE_FORMAT", "other");
    expect(toStoreError(typed, "host:1")).toBe(typed);
  });

  it("is no lost link, even when it speaks of connections", () => {
    expect(isLinkLost(reply("ERR max number of connections"))).toBe(false);
    expect(isLinkLost(new Error("Connection is closed."))).toBe(true);
    expect(isLinkLost(Object.assign(new Error("read"), { code: "ECONNRESET" }))).toBe(true);
  });

  it("has a code", () => {
    expect(replyCode(reply("NOSCRIPT No matching script."))).toBe("NOSCRIPT");
    expect(replyCode(new Error("NOSCRIPT"))).toBe("");
    expect(isPassing(reply("BUSY Redis is busy"))).toBe(true);
    expect(isPassing(reply("ERR max number of clients reached"))).toBe(true);
    expect(isPassing(reply("ERR wrong number of arguments"))).toBe(false);
  });
});
