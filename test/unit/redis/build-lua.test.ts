import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildLua, compileLua, LuaBuildError, readLuaFiles } from "../../../scripts/build-lua.js";

/** Compiles one script, `a.lua`, with further files; gives its text. */
function compile(text: string, others: Readonly<Record<string, string>> = {}): string {
  const files = new Map(Object.entries({ "a.lua": text, ...others }));
  const [script] = compileLua(files);
  if (script === undefined) throw new Error("nothing was compiled");
  return script.text;
}

/** What the compiler says about one script. */
function complaint(text: string, others: Readonly<Record<string, string>> = {}): string {
  try {
    compile(text, others);
  } catch (error) {
    if (error instanceof LuaBuildError) return error.message;
    throw error;
  }
  throw new Error("expected a complaint");
}

describe("build-lua", () => {
  it("passes one root and derives declared keys from it", () => {
    expect(compile("-- @key jobs\nreturn KEY.jobs")).toBe('local root = KEYS[1]\nreturn (root.."jobs")');
  });

  it("makes locals of arguments", () => {
    const text = compile("-- @arg lease text\n-- @arg count number\n-- @arg items text... ids\nreturn items");
    expect(text.split("\n").slice(1, 4)).toEqual([
      "local lease = ARGV[1]",
      "local count = tonumber(ARGV[2])",
      "local items = 3",
    ]);
  });

  it("types arguments and replies", () => {
    const text = "-- @arg lease_ms number\n-- @arg items text... ids\n-- @returns number[]\nreturn {}";
    const [script] = compileLua(new Map([["a.lua", text]]));
    expect(script?.argsType).toBe("readonly [leaseMs: number, ...items: readonly ScriptArgument[]]");
    expect(script?.replyType).toBe("number[]");
  });

  it("puts in the letters of states, moves, events and guards", () => {
    const text = compile(
      "return { STATE.active, TO.complete.completed, EVENT.retry, GUARD.revive[x], FINAL[x], SECTION.error }",
    );
    expect(text).toContain(
      'return { "a", "c", "retry", ({f=true})[x], ({c=true,f=true,x=true,e=true})[x], "E" }',
    );
  });

  it("includes each file once, before what needs it", () => {
    const text = compile("-- @include lib/b.lua\n-- @include lib/c.lua\nmain()", {
      "lib/b.lua": "-- @include lib/c.lua\nb()",
      "lib/c.lua": "c()",
    });
    expect(text.split("\n").slice(1)).toEqual([
      "local function main()",
      "c()",
      "b()",
      "main()",
      "end",
      "return main()",
    ]);
  });

  it("keeps what all functions use outside of the function that holds them", () => {
    const text = compile("-- @include lib/clock.lua\nlocal function one()\nreturn now\nend\nreturn one()", {
      "lib/clock.lua": "local now = 1",
    });
    const [, ...lines] = text.split("\n");
    expect(lines.slice(0, 3)).toEqual(["local now = 1", "local function main()", "local function one()"]);
  });

  it("runs a guard before anything else", () => {
    const text = compile("-- @key jobs\n-- @guard if KEY.jobs then return 0 end\nreturn 1");
    expect(text.split("\n")[1]).toBe('if (root.."jobs") then return 0 end');
  });

  it("puts what comes first, with what it includes, before functions that may not be needed", () => {
    const text = compile(
      "-- @first lib/first.lua\n-- @include lib/two.lua\nlocal function three()\nend\nreturn two() + three()",
      {
        "lib/first.lua": "-- @include lib/one.lua\n-- @key jobs\nif one(KEY.jobs) then return 1 end",
        "lib/one.lua": "local function one(key)\nend",
        "lib/two.lua": "-- @include lib/one.lua\nlocal function two()\nreturn one()\nend",
      },
    );
    expect(text.split("\n").slice(1, 6)).toEqual([
      "local function one(key)",
      "end",
      'if one((root.."jobs")) then return 1 end',
      "local function main()",
      "local function two()",
    ]);
    expect(text.match(/local function one/g)).toHaveLength(1);
  });

  it("refuses a function that is called above it, and a script that is too long", () => {
    expect(complaint("two()\nlocal function two()\nend")).toBe("a.lua: function two is called above it");
    expect(complaint(`return "${"x".repeat(33_000)}"`)).toBe("a.lua: compiles to 33030 bytes; at most 32768");
  });

  it("allows writes without memory only where it is asked to", () => {
    expect(compile("return 1")).not.toContain("DEL");
    expect(compile("-- @oom allowed\nreturn 1")).toContain('redis.call("DEL"');
  });

  it.each([
    ["an unknown key", "-- @key jobz\nreturn 1", 'unknown key "jobz"'],
    ["a key that is not declared", "return KEY.jobs", 'uses KEY.jobs without "-- @key jobs"'],
    ["an unknown state", "return STATE.sleeping", 'unknown STATE "sleeping"'],
    ["an unknown event", "return GUARD.explode[x]", 'unknown event "explode"'],
    ["a move outside the table", "return TO.complete.failed", "complete does not lead to failed"],
    ["a state written out", 'if state == "waiting" then return end', 'state literal "waiting"'],
    ["another root", "root = store_root", "goes to another root"],
    ["another root for a while", "root, other = other, root", "goes to another root"],
    ["an unknown directive", "-- @keys jobs\nreturn 1", "unknown directive @keys"],
    ["an unknown kind of argument", "-- @arg n integer\nreturn n", 'has kind "integer"'],
    ["an include that is not there", "-- @include lib/no.lua\nreturn 1", "does not exist"],
  ])("refuses %s", (_, text, message) => {
    expect(complaint(text)).toContain(message);
  });

  it("names file and line", () => {
    expect(complaint("\n\nreturn KEY.jobs")).toMatch(/^a\.lua:3: /);
  });

  it("refuses files that include each other", () => {
    const others = { "lib/b.lua": "-- @include lib/b.lua\nb()" };
    expect(complaint("-- @include lib/b.lua\nmain()", others)).toContain("includes itself");
  });

  it("refuses one function name in two files", () => {
    const others = { "lib/b.lua": "local function f()\nend" };
    expect(complaint("-- @include lib/b.lua\nlocal function f()\nend", others)).toContain(
      "is in lib/b.lua too",
    );
  });

  it("gives each script the digest by which Redis knows it", () => {
    for (const script of compileLua(readLuaFiles())) {
      expect(script.sha1).toBe(createHash("sha1").update(script.text).digest("hex"));
    }
  });

  it("wrote the module that is checked in", () => {
    const { path, text } = buildLua();
    expect(readFileSync(path, "utf8")).toBe(text);
  });
});
