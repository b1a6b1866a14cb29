import { describe, expect, it } from "vitest";
import { findTaskChanges, pairTasks } from "../../../codegen/diff/compare/compare-tasks.js";
import type { ContractData } from "../../../codegen/load/protocol.js";
import type { ContractLock } from "../../../codegen/lock.js";
import type { IrSchema } from "../../../src/schema/ir.js";

function aLock(options: ContractLock["options"] = {}, rest: Partial<ContractLock> = {}): ContractLock {
  return { format: 1, name: "a.b", version: 2, fingerprint: "", options, ...rest };
}

function aContract(rest: Partial<ContractData> = {}): ContractData {
  return { name: "a.b", version: 2, ...rest };
}

const TEXT: IrSchema = { root: { kind: "string" }, definitions: {} };

/** Rules with the verdict for queued jobs, where there is one. */
function changes(old: ContractLock | undefined, next: ContractData | undefined): readonly string[] {
  return findTaskChanges({ old, new: next }).map(({ rule, edges }) =>
    [rule, edges.queuedJobs?.verdict].filter((part) => part !== undefined).join(" "),
  );
}

describe("the changes of a task", () => {
  it("are none where nothing was changed", () => {
    expect(changes(aLock({ timeout: "30s" }), aContract({ timeout: "30s" }))).toEqual([]);
  });

  it.each<[string, ContractLock | undefined, ContractData | undefined, readonly string[]]>([
    ["added", undefined, aContract(), ["TASK_ADDED"]],
    ["removed", aLock(), undefined, ["TASK_REMOVED break"]],
    ["renamed", aLock(), aContract({ name: "a.c", aliases: ["a.b"] }), ["TASK_RENAMED ok"]],
    ["an older version", aLock(), aContract({ version: 1 }), ["VERSION_DECREASED break"]],
    ["since above the old version", aLock(), aContract({ version: 3, since: 3 }), ["SINCE_RAISED break"]],
    ["since up to the old version", aLock(), aContract({ since: 2 }), ["SINCE_RAISED unknown"]],
    ["a lost alias", aLock({ aliases: ["x"] }), aContract(), ["ALIAS_REMOVED unknown"]],
    [
      "a shorter timeout",
      aLock({ timeout: "1m" }),
      aContract({ timeout: 30_000 }),
      ["TIMEOUT_SHORTENED", "OPTIONS_CHANGED"],
    ],
    ["a first timeout", aLock(), aContract({ timeout: "1m" }), ["TIMEOUT_SHORTENED", "OPTIONS_CHANGED"]],
    ["a longer timeout", aLock({ timeout: "1m" }), aContract({ timeout: "2m" }), ["OPTIONS_CHANGED"]],
    ["no timeout any more", aLock({ timeout: "1m" }), aContract(), ["OPTIONS_CHANGED"]],
    ["another delay", aLock({ delay: "2h" }), aContract({ delay: "1h" }), ["OPTIONS_CHANGED"]],
    [
      "a shorter ttl",
      aLock({ ttl: "2h" }),
      aContract({ ttl: "1h" }),
      ["RETENTION_SHORTENED", "OPTIONS_CHANGED"],
    ],
    [
      "jobs discarded by their ttl",
      aLock({ ttl: "1h" }),
      aContract({ ttl: "1h", onExpire: "discard" }),
      ["RETENTION_SHORTENED", "OPTIONS_CHANGED"],
    ],
    [
      "fewer attempts",
      aLock({ retry: { attempts: 5 } }),
      aContract({ retry: { attempts: 2 } }),
      ["ATTEMPTS_LOWERED", "OPTIONS_CHANGED"],
    ],
    ["the first messages", aLock(), aContract({ emits: TEXT }), ["EMITS_ADDED"]],
    ["no messages any more", aLock({}, { emits: TEXT }), aContract(), ["EMITS_REMOVED"]],
    ["the same messages", aLock({}, { emits: TEXT }), aContract({ emits: TEXT }), []],
    ["another group", aLock({ group: { by: "a" } }), aContract({ group: { by: "b" } }), ["OPTIONS_CHANGED"]],
    ["a first key of duplicates", aLock(), aContract({ deduplicate: { by: "a" } }), ["DEDUPLICATE_CHANGED"]],
    [
      "other states of duplicates",
      aLock({ deduplicate: { by: "a" } }),
      aContract({ deduplicate: { by: "a", while: ["waiting"] } }),
      ["DEDUPLICATE_CHANGED"],
    ],
    ["the same", aLock({ deduplicate: { by: "a" } }), aContract({ deduplicate: { by: "a" } }), []],
    ["another priority", aLock({ priority: 1 }), aContract({ priority: 2 }), ["OPTIONS_CHANGED"]],
  ])("say %s", (_title, old, next, expected) => {
    expect(changes(old, next)).toEqual(expected);
  });
});

describe("pairs of tasks", () => {
  it("follow names before aliases, and keep what is gone and what is new", () => {
    const locks = [aLock(), aLock({}, { name: "old.name" }), aLock({}, { name: "gone" })];
    const contracts = [
      aContract(),
      aContract({ name: "new.name", aliases: ["old.name"] }),
      aContract({ name: "new" }),
    ];
    expect(pairTasks(locks, contracts).map((pair) => [pair.old?.name, pair.new?.name])).toEqual([
      ["a.b", "a.b"],
      ["old.name", "new.name"],
      ["gone", undefined],
      [undefined, "new"],
    ]);
  });
});
