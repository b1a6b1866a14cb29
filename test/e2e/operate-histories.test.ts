import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { beforeAll, describe, expect, it } from "vitest";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";
import { runCommand } from "../support/run-command.js";

let store: readonly string[];

beforeAll(async () => {
  const { url } = await sharedRedis();
  const prefix = uniquePrefix();
  store = ["--store", url, "--prefix", prefix];
  const app = createTaskora({ adapter: redisAdapter(url, { prefix }), logger: false });
  const mail = app.task("email.send", {
    retry: { attempts: 1 },
    handler: (n: number) => {
      throw n % 3 === 0 ? new RangeError(`no room for ${n}`) : new Error(`SMTP 421 for "u${n}@example.com"`);
    },
  });
  await app.start();
  const jobs = await mail.dispatchMany([0, 1, 2, 3, 4]);
  await Promise.all(jobs.map((job) => job.result.catch(() => undefined)));
  await mail.pause({ by: "ada", reason: "the printer is on fire" });
  await app.jobs.removeAll({ where: "state:failed error:room", by: "ada" });
  // What was counted is told at the end, too.
  await app.close();
});

describe("taskora errors", () => {
  it("shows kinds of errors, how often each came, and a job to look at", async () => {
    const { code, stdout } = await runCommand("errors", ...store);
    const lines = stdout.trimEnd().split("\n");
    expect({ code, title: lines[0] }).toEqual({
      code: 0,
      title: expect.stringMatching(/^TIMES +LAST +TASK +LAST JOB +ERROR$/),
    });
    expect(lines.slice(1).sort()).toEqual([
      expect.stringMatching(/^ +2 .*email\.send .*RangeError: no room for <n>$/),
      expect.stringMatching(/^ +3 .*email\.send .*SMTP <n> for <text>$/),
    ]);
  });

  it("says so where none failed", async () => {
    const { code, stdout, stderr } = await runCommand(
      "errors",
      ...store.slice(0, -1),
      uniquePrefix(),
      "--days",
      "1",
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain("has failed today.");
  });
});

describe("taskora audit", () => {
  it("shows who changed what, the last first", async () => {
    const { code, stdout } = await runCommand("audit", ...store);
    const [title, ...lines] = stdout.trimEnd().split("\n");
    expect({ code, title }).toEqual({
      code: 0,
      title: expect.stringMatching(/^WHEN \(UTC\) +WHO +WHAT +TO +JOBS +WHY$/),
    });
    expect(lines).toEqual([
      expect.stringMatching(/ ada +\S+\.remove\w* +\S+ +2$/),
      expect.stringMatching(/ ada +task\.pause +email\.send +the printer is on fire$/),
    ]);
  });
});
