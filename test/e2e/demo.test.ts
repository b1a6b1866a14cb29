import { createHmac } from "node:crypto";
import { basename } from "node:path";
import { Redis } from "ioredis";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReceivedRequest } from "../../examples/shop/demo/webhook-receiver.js";
import { sharedRedis } from "../support/redis-server.js";
import { type DemoRun, refuseDemo, runDemo } from "./demo-run.js";

/** A machine with two busy cores needs a while for twelve megapixels. */
const RUN_TIMEOUT_MS = 240_000;

const ORIGINALS = {
  "harbour.jpg": { width: 4000, height: 3000, format: "jpeg" },
  "poster.png": { width: 3000, height: 4000, format: "png" },
  "label.webp": { width: 2400, height: 1600, format: "webp" },
  "mosaic.avif": { width: 1200, height: 900, format: "avif" },
  "banner.gif": { width: 800, height: 600, format: "gif" },
} as const;

const MAILS = {
  "Your order 1001": ["ada@example.org", "books@example.org"],
  "Ihre Bestellung wurde verschickt – schöne Grüße": ["grace@example.org"],
  "Your order 1003": ["slow@example.org"],
  "Your new password": ["alan@example.org"],
};

/** Every event to every subscriber, and how often it is refused before it is taken. */
const DELIVERIES = {
  "/accounting order.paid": 2,
  "/accounting order.cancelled": 2,
  "/warehouse order.paid": 1,
  "/warehouse order.shipped": 1,
  "/warehouse order.cancelled": 1,
};

const NOTHING = { waiting: 0, delayed: 0, active: 0, retrying: 0, expired: 0 };
const COUNTS = {
  "image.thumbnail": { ...NOTHING, completed: 5, failed: 1, cancelled: 0, total: 6 },
  "email.send": { ...NOTHING, completed: 4, failed: 0, cancelled: 1, total: 5 },
  "webhook.deliver": { ...NOTHING, completed: 5, failed: 1, cancelled: 0, total: 6 },
  all: { ...NOTHING, completed: 14, failed: 2, cancelled: 1, total: 17 },
};

describe("the demo in one process", () => {
  let run: DemoRun;

  beforeAll(async () => {
    run = await runDemo([]);
  }, RUN_TIMEOUT_MS);
  afterAll(() => run.remove());

  itPlaysTheDay(() => run);

  it("starts no other process for its services", () => {
    expect(run.account.pids).toEqual([]);
  });

  it("sends each mail once", () => {
    expect(run.account.mails).toHaveLength(4);
  });

  it("tries each delivery until it is taken, and no more", () => {
    for (const [delivery, requests] of requestsByDelivery(run)) {
      const refusals = DELIVERIES[delivery as keyof typeof DELIVERIES];
      if (refusals === undefined) continue;
      expect(requests.map(({ attempt }) => attempt)).toEqual([1, 2, 3].slice(0, refusals + 1));
    }
  });

  it("shows states, attempts and progress as they come", () => {
    expect(run.stdout).toMatch(/email\.send +slow: Your order 1003 +↻ retrying +1\/5 +in .* s: .*451/);
    expect(run.stdout).toMatch(/image\.thumbnail +poster\.png +progress +1\/3 +▰▰▰▰▱▱▱▱ +50 %/);
    expect(run.stdout).toMatch(/webhook\.deliver +order\.paid → \/accounting +✔ completed +3\/8 +204/);
    expect(run.stdout).toContain("17 jobs accounted for");
  });
});

describe("the demo in two processes whose worker is shot", () => {
  let run: DemoRun;
  let redis: Redis;

  beforeAll(async () => {
    const { url } = await sharedRedis();
    redis = new Redis(url);
    run = await runDemo(["--redis", url, "--kill"]);
  }, RUN_TIMEOUT_MS);
  afterAll(async () => {
    await redis.quit();
    await run.remove();
  });

  itPlaysTheDay(() => run);

  it("gives every job that the lost worker held to the next one", () => {
    const { shot, pids } = run.account;
    expect(shot?.held.length).toBeGreaterThan(0);
    expect(shot?.held.filter(({ backAfterMs }) => backAfterMs === undefined)).toEqual([]);
    expect(pids).toEqual([shot?.lostPid, expect.any(Number), shot?.nextPid]);
    expect(run.stdout).toMatch(/worker \d+ was shot \(SIGKILL\) in the middle of \d+ jobs?/);
    expect(run.stdout).toMatch(/stalled +1\/\d +its worker was lost/);
  });

  it("leaves nothing in Redis", async () => {
    expect(await redis.keys("shop-demo-*")).toEqual([]);
  });
});

/** A day of pictures takes half a minute of processor: `DEMO_STORES=all` plays it on every store. */
describe.skipIf(process.env.DEMO_STORES !== "all")("the demo over PGlite", () => {
  let run: DemoRun;

  beforeAll(async () => {
    run = await runDemo(["--postgres"]);
  }, RUN_TIMEOUT_MS);
  afterAll(() => run.remove());

  itPlaysTheDay(() => run);

  it("starts no other process", () => {
    expect(run.account.pids).toEqual([]);
    expect(run.stdout).toContain("one process, jobs in PGlite");
  });
});

describe("the demo's command line", () => {
  it.each([
    [["--redsi", "x"], "There is no option --redsi. Did you mean --redis?"],
    [["--postgres", "localhost"], "--postgres wants an address such as postgres://127.0.0.1:5432/shop"],
    [["--postgres", "--redis", "redis://127.0.0.1"], "--redis and --postgres are two stores"],
  ])("refuses %j", async (flags, message) => {
    const { exitCode, stderr } = await refuseDemo(flags);
    expect(stderr).toContain(message);
    expect(stderr).toContain("Usage: npm run demo");
    expect(exitCode).toBe(2);
  });
});

/** What both forms have in common. */
function itPlaysTheDay(latest: () => DemoRun): void {
  it("exits with 0 and leaves no process behind", () => {
    const { exitCode, stderr, leftOver } = latest();
    expect(stderr).toBe("");
    expect(leftOver).toEqual([]);
    expect(exitCode).toBe(0);
  });

  it("accounts for every job in every state", () => {
    expect(latest().account.counts).toEqual(COUNTS);
  });

  it("makes thumbnails in the right size and format", async () => {
    const { files } = latest().account;
    expect(files).toHaveLength(20);
    for (const file of files) {
      const { width, height, format } = await sharp(file).metadata();
      expect({ file: basename(file), width, height, format }).toEqual({
        file: basename(file),
        ...expectedSize(basename(file)),
        format: "webp",
      });
    }
  });

  it("gives typed results of the thumbnails", () => {
    const results = latest().account.day.thumbnails.flatMap((ending) =>
      "result" in ending ? [[ending.subject, ending.result.original]] : [],
    );
    expect(Object.fromEntries(results)).toEqual(ORIGINALS);
  });

  it("fails a broken picture for good at its first attempt", () => {
    const broken = latest().account.day.thumbnails.find(({ subject }) => subject === "half-upload.jpg");
    expect(broken).toMatchObject({ error: expect.stringMatching(/attempt 1: UnreadablePictureError/) });
  });

  it("delivers the mails to whom they are for", () => {
    const { mails, day } = latest().account;
    const arrived = Object.fromEntries(mails.map(({ headers, recipients }) => [headers.subject, recipients]));
    expect(arrived).toEqual(MAILS);
    const ids = new Set(mails.map(({ headers }) => headers["message-id"]));
    const promised = day.mails.flatMap((ending) => ("result" in ending ? [ending.result.messageId] : []));
    expect([...ids].sort()).toEqual(promised.sort());
  });

  it("cancels the reminder and refuses the bad address", () => {
    const { mails, refused } = latest().account.day;
    const reminder = mails.find(({ subject }) => subject === "Your basket is waiting");
    expect(reminder).toMatchObject({ error: expect.stringContaining("was cancelled: the order was paid") });
    expect(refused).toEqual([expect.stringContaining("does not fit the input schema of email.send: to:")]);
  });

  it("signs every request", () => {
    const { requests, webhookSecret } = latest().account;
    for (const { headers, body, isSigned } of requests) {
      const [, time = "", hex] = /^t=(\d+),v1=([0-9a-f]+)$/.exec(headers["x-shop-signature"] ?? "") ?? [];
      expect(hex).toBe(createHmac("sha256", webhookSecret).update(`${time}.${body}`).digest("hex"));
      expect(isSigned).toBe(true);
    }
  });

  it("tries again what the receiver refuses, until it is taken", () => {
    const taken = [...requestsByDelivery(latest())].flatMap(([delivery, requests]) => {
      const statuses = requests.map(({ status }) => status);
      return statuses.includes(204) ? [[delivery, statuses.filter((status) => status === 503).length]] : [];
    });
    expect(Object.fromEntries(taken)).toEqual(DELIVERIES);
  });

  it("stops when a subscriber is gone", () => {
    const requests = requestsByDelivery(latest()).get("/old-crm order.cancelled");
    expect(new Set(requests?.map(({ status, attempt }) => `${attempt}: ${status}`))).toEqual(
      new Set(["1: 410"]),
    );
  });
}

/** Requests in order of arrival, by `<path> <event>`. */
function requestsByDelivery({ account }: DemoRun): ReadonlyMap<string, readonly ReceivedRequest[]> {
  const groups = new Map<string, ReceivedRequest[]>();
  for (const request of account.requests) {
    const { type } = JSON.parse(request.body) as { readonly type: string };
    const key = `${request.path} ${type}`;
    groups.set(key, [...(groups.get(key) ?? []), request]);
  }
  return groups;
}

/** `poster-page.webp` → the size that the shop asks for, in the proportions of the original. */
function expectedSize(file: string): { readonly width: number; readonly height: number } {
  const [, stem = "", size = ""] = /^(.*)-(\w+)\.webp$/.exec(file) ?? [];
  const original = Object.entries(ORIGINALS).find(([name]) => name.startsWith(`${stem}.`))?.[1];
  switch (size) {
    case "icon":
      return { width: 64, height: 64 };
    case "card":
      return { width: 320, height: 240 };
    case "wide":
      return { width: 1600, height: 900 };
    default:
      return { width: 960, height: Math.round((960 * (original?.height ?? 0)) / (original?.width ?? 1)) };
  }
}
