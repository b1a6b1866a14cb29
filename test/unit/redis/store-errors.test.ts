import { describe, expect, it } from "vitest";
import { TaskoraError } from "../../../src/core/errors.js";
import {
  isLinkLost,
  isPassing,
  replyCode,
  toStoreError,
} from "../../../src/redis/connection/store-errors.js";

/** An error reply as the client library makes it. */
function reply(message: string): Error {
  return Object.assign(new Error(message), { name: "ReplyError" });
}

describe("what the store answers", () => {
  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", "STORE_FULL", true, "maxmemory"],
    ["ERR Error running script: @user_script:3: OOM command not allowed", "STORE_FULL", true, "maxmemory"],
    ["NOAUTH Authentication required.", "STORE_AUTH", false, "user and password"],
    ["WRONGPASS invalid username-password pair or user is disabled.", "STORE_AUTH", false, "password"],
    ["ERR invalid password", "STORE_AUTH", false, "password"],
    [
      "NOPERM this user has no permissions to run the 'evalsha' command",
      "STORE_AUTH",
      false,
      "Access rights",
    ],
    ["DENIED Redis is running in protected mode", "STORE_AUTH", false, "requirepass"],
    ["LOADING Redis is loading the dataset in memory", "STORE_UNAVAILABLE", true, "still reads its data"],
    ["READONLY You can't write against a read only replica.", "STORE_UNAVAILABLE", true, "is a replica"],
    ["MASTERDOWN Link with MASTER is down", "STORE_UNAVAILABLE", true, "lost its primary"],
    ["NOREPLICAS Not enough good replicas to write.", "STORE_UNAVAILABLE", true, "min-replicas-to-write"],
    ["BUSY Redis is busy running a script.", "STORE_UNAVAILABLE", true, "SCRIPT KILL"],
    ["MISCONF Redis is configured to save RDB snapshots", "STORE_UNAVAILABLE", true, "disk"],
    ["ERR max number of clients reached", "STORE_UNAVAILABLE", true, "Raise maxclients"],
    ["CLUSTERDOWN Hash slot not served", "STORE_UNAVAILABLE", true, "is down"],
    ["MOVED 3999 127.0.0.1:6381", "STORE_UNAVAILABLE", true, "a slot moves"],
    ["TRYAGAIN Multiple keys request during rehashing of slot", "STORE_UNAVAILABLE", true, "a slot moves"],
    [
      "CROSSSLOT Keys in request don't hash to the same slot",
      "STORE_UNSUPPORTED",
      false,
      "several of its slots",
    ],
    ["ERR unknown command 'EVALSHA'", "STORE_REPLY", false, "does not expect"],
    [
      "ERR Error running script (call to f_1): @user_script:9: @user_script: 9: -READONLY You can't write.",
      "STORE_UNAVAILABLE",
      true,
      "is a replica",
    ],
  ])("%s", (message, code, retryable, says) => {
    const error = toStoreError(reply(message), "host:1");
    expect(error).toMatchObject({ code, retryable });
    expect(error.message).toContain(message.replace(/\.$/, ""));
    expect(error.message).toContain(says);
    expect(error.message).not.toContain("in time");
  });

  it.each([
    ["ECONNREFUSED", "nobody listens there", "STORE_UNAVAILABLE", true],
    ["ENOTFOUND", "Correct the name", "STORE_UNAVAILABLE", true],
    ["ECONNRESET", "closed the connection", "STORE_UNAVAILABLE", true],
    ["ENOENT", "no socket file", "STORE_UNAVAILABLE", true],
    ["EPROTO", "TLS", "STORE_UNSUPPORTED", false],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "TLS", "STORE_UNSUPPORTED", false],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls.ca", "STORE_AUTH", false],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls.ca", "STORE_AUTH", false],
  ])("%s of the network", (code, says, expected, retryable) => {
    const error = toStoreError(Object.assign(new Error(`said ${code}`), { code }), "host:1");
    expect(error).toMatchObject({ code: expected, retryable });
    expect(error.message).toContain(`said ${code}`);
    expect(error.message).toContain(says);
  });

  it("names what each address of a name said", () => {
    const refusals = [new Error("connect ECONNREFUSED ::1:1"), new Error("connect ECONNREFUSED 127.0.0.1:1")];
    const error = Object.assign(new AggregateError(refusals, ""), { code: "ECONNREFUSED" });
    expect(toStoreError(error, "localhost:1").message).toContain(
      "connect ECONNREFUSED ::1:1, connect ECONNREFUSED 127.0.0.1:1",
    );
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
    expect(replyCode(reply("ERR Error running script: @user_script:3: WRONGTYPE Operation"))).toBe(
      "WRONGTYPE",
    );
    expect(isPassing(reply("BUSY Redis is busy"))).toBe(true);
    expect(isPassing(reply("ERR max number of clients reached"))).toBe(true);
    expect(isPassing(reply("ERR wrong number of arguments"))).toBe(false);
  });
});
