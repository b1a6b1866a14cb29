import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ConformanceKit, registerConformance, VirtualClock } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { JsonFile, JsonFileAdapter } from "../../examples/adapter-json-file/json-file-adapter.js";

const FOLDER = mkdtempSync(join(tmpdir(), "taskora-json-file-"));
let files = 0;

function newPath(): string {
  files += 1;
  return join(FOLDER, `${files}.json`);
}

function kit(): ConformanceKit {
  const clock = new VirtualClock();
  const file = new JsonFile(newPath(), clock);
  return {
    open: () => new JsonFileAdapter(file),
    advance: (ms) => clock.advance(ms),
    corrupt: async ({ task, id }) => {
      const job = file.task(task).jobs.get(id);
      if (job !== undefined) job.corrupt = "damaged by a test";
    },
  };
}

/** Claims one of two jobs for a short time, tells it, and dies. */
const DIES = `
import { JsonFile, JsonFileAdapter } from "./examples/adapter-json-file/json-file-adapter.ts";
const adapter = new JsonFileAdapter(new JsonFile(process.argv[1]));
await adapter.connect();
const job = { task: "mail", version: 1, fingerprint: "", priority: 0 };
await adapter.insert([{ ...job, id: "a", payload: Uint8Array.of(0, 255) }, { ...job, id: "b", payload: '"b"' }]);
const [{ jobs }] = await adapter.claim([{ task: "mail", lease: "doomed", leaseMs: 1, count: 1 }]);
console.log(jobs.map(({ id }) => id).join());
process.kill(process.pid, "SIGKILL");
`;

describe("the adapter over a JSON file", () => {
  registerConformance({ adapter: new JsonFileAdapter(new JsonFile(newPath())), kit, it });

  it("has at most 400 lines", () => {
    const text = readFileSync("examples/adapter-json-file/json-file-adapter.ts", "utf8");
    expect(text.split("\n").length - 1).toBeLessThanOrEqual(400);
  });

  it("is what docs/adapters.md shows of it", () => {
    const plain = (text: string) => text.replaceAll(/^ +/gm, "");
    const file = plain(readFileSync("examples/adapter-json-file/json-file-adapter.ts", "utf8"));
    const shown = readFileSync("docs/adapters.md", "utf8").matchAll(/```ts excerpt\n([\s\S]*?)```/g);
    const parts = [...shown].map(([, part = ""]) => plain(part));
    expect(parts.length).toBeGreaterThan(5);
    expect(parts.filter((part) => !file.includes(part))).toEqual([]);
  });

  it("keeps its jobs when its process is killed, and gives back what that had claimed", async () => {
    const path = newPath();
    const args = ["--import", "tsx", "--input-type=module", "--eval", DIES, path];
    const died = await promisify(execFile)(process.execPath, args).catch((error: unknown) => error);
    expect(died).toMatchObject({ signal: "SIGKILL", stdout: "a\n" });

    const adapter = new JsonFileAdapter(new JsonFile(path));
    await adapter.connect();
    const [swept] = await adapter.sweep([{ task: "mail", scope: "due" }]);
    expect(swept).toMatchObject({ reclaimed: 1 });
    const [reply] = await adapter.claim([{ task: "mail", lease: "heir", leaseMs: 60_000, count: 10 }]);
    expect(reply?.jobs.map(({ id, payload, attempt, stalls }) => [id, payload, attempt, stalls])).toEqual([
      ["a", Uint8Array.of(0, 255), 1, 1],
      ["b", '"b"', 1, 0],
    ]);
    expect(await adapter.renew([{ task: "mail", lease: "doomed", leaseMs: 1 }])).toMatchObject([
      { lost: true },
    ]);
    await adapter.close();
  });
});
