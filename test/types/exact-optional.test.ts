import { describe, expect, it } from "vitest";
import { membersWithoutUndefined } from "./input-members.js";
import { diagnose } from "./snippets.js";

const PASSES_ON = `
import { createTaskora, type DispatchOptions } from "taskora";
import { defineTask } from "taskora/contract";
import { defineConfig } from "taskora/config";
import { memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import { createTestApp } from "taskora/testing";

declare const text: string | undefined;
declare const number: number | undefined;
declare const delay: DispatchOptions["delay"];
redisAdapter({ url: text, prefix: text, db: number });
const taskora = createTaskora({ adapter: memoryAdapter({ clock: undefined }), logger: undefined, defaults: { timeout: delay } });
const contract = defineTask({ name: "a", input: undefined, description: text, ttl: delay, retry: { attempts: number } });
const client = taskora.implement(contract, { concurrency: number, handler: () => 1, onCancel: undefined });
client.dispatch("data", { delay, priority: number, deduplicate: undefined, debounce: { key: "k", delay: "1s", maxWait: delay } });
taskora.jobs.list({ cursor: text, task: text });
taskora.task("b", { schedule: { every: "1h", name: text, jitter: delay }, handler: () => 1, version: number });
createTestApp({ startAt: number, maxPayloadBytes: number });
defineConfig({ contracts: "*.ts", outputs: [{ kind: "client", dir: "x", validators: undefined }], lock: text });
export {};
`;

describe("optional members of what is given", () => {
  it("take undefined, under exactOptionalPropertyTypes too", () => {
    expect(membersWithoutUndefined()).toEqual([]);
  }, 60_000);

  it("let a variable that may be undefined be passed on", () => {
    expect(diagnose(new Map([["passes-on", PASSES_ON]])).get("passes-on")).toEqual([]);
  }, 60_000);
});
