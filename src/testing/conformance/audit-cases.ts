import assert from "node:assert/strict";
import { type AuditLine, KEPT_AUDIT_LINES, type KeptAuditLine } from "../../core/observe/audit-log.js";
import type { ObserveStore } from "../../core/observe/observe-store.js";
import type { ConformanceCase } from "./kit.js";
import { defineCase, type Stage, TASK } from "./stage.js";

function line(fields: Partial<AuditLine> = {}): AuditLine {
  return { action: "job.cancel", status: "applied", task: TASK, ...fields };
}

/** A case about the store of what operators see. */
function observeCase(
  name: string,
  body: (store: ObserveStore, stage: Stage) => Promise<void>,
): ConformanceCase {
  return defineCase(name, async (stage) => {
    const { observe } = stage.adapter;
    assert.ok(observe, "the adapter keeps something for operators");
    await body(observe, stage);
  });
}

/** Every page of so many lines. */
async function readAll(store: ObserveStore, limit: number): Promise<readonly KeptAuditLine[]> {
  const lines: KeptAuditLine[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.audit({ limit, ...(cursor === undefined ? {} : { cursor }) });
    assert.ok(page.lines.length <= limit, "a page is no longer than was asked for");
    lines.push(...page.lines);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return lines;
}

/** Changes by hand, and how the servers are. */
export const auditCases: readonly ConformanceCase[] = [
  observeCase("audit: nothing was changed at first", async (store) => {
    assert.deepEqual(await store.audit({ limit: 10 }), { lines: [] });
  }),
  observeCase("audit: a line reads as it was kept, in every process", async (store, stage) => {
    const full = line({ jobId: "a", count: 3, reason: "größer", by: 'ada "the first"', size: 0, pool: "p" });
    const { now: before } = (await store.gauges([TASK]))[0] ?? { now: Number.NaN };
    await store.keepAudit([full]);
    const { observe } = await stage.another();
    const { lines = [] } = (await observe?.audit({ limit: 10 })) ?? {};
    assert.equal(lines.length, 1);
    const [{ at, ...kept } = { at: 0 }] = lines;
    assert.deepEqual(kept, full);
    assert.ok(at >= before && at < before + 60_000, `kept at ${at}, not before ${before}`);
  }),
  observeCase("audit: pages go from the newest to the oldest, and end", async (store) => {
    await store.keepAudit([]);
    await store.keepAudit(Array.from({ length: 5 }, (_, n) => line({ jobId: `${n}` })));
    await store.keepAudit([line({ jobId: "5" })]);
    for (const limit of [1, 2, 3, 6, 7]) {
      const ids = (await readAll(store, limit)).map(({ jobId }) => jobId);
      assert.deepEqual(ids, ["5", "4", "3", "2", "1", "0"], `pages of ${limit}`);
    }
  }),
  observeCase("audit: lines that come meanwhile neither repeat nor hide others", async (store) => {
    await store.keepAudit(Array.from({ length: 4 }, (_, n) => line({ jobId: `${n}` })));
    const first = await store.audit({ limit: 2 });
    await store.keepAudit([line({ jobId: "new" })]);
    const second = await store.audit({ limit: 5, cursor: first.cursor });
    assert.deepEqual(
      [first, second].map(({ lines }) => lines.map(({ jobId }) => jobId)),
      [
        ["3", "2"],
        ["1", "0"],
      ],
    );
  }),
  observeCase("audit: a cursor of another kind is refused", async (store) => {
    await assert.rejects(store.audit({ limit: 5, cursor: "no cursor" }), { code: "OPTION_INVALID" });
  }),
  observeCase("audit: the newest stay", async (store) => {
    const batch = 500;
    for (let from = 0; from < KEPT_AUDIT_LINES + batch; from += batch) {
      await store.keepAudit(Array.from({ length: batch }, (_, n) => line({ jobId: `${from + n}` })));
    }
    const lines = await readAll(store, 1000);
    assert.ok(lines.length >= KEPT_AUDIT_LINES && lines.length < KEPT_AUDIT_LINES + batch, `${lines.length}`);
    assert.equal(lines[0]?.jobId, `${KEPT_AUDIT_LINES + batch - 1}`);
    assert.equal(lines[KEPT_AUDIT_LINES - 1]?.jobId, `${batch}`);
  }),
  observeCase("health: the servers say who they are, and what time it is", async (store) => {
    const before = (await store.gauges([TASK]))[0]?.now ?? Number.NaN;
    const { kind, servers } = await store.health();
    assert.ok(kind.length > 0);
    assert.ok(servers.length > 0, "at least one server keeps jobs");
    for (const { now, memory, clients, replicas } of servers) {
      assert.ok(Math.abs(now - before) < 60_000, `its clock says ${now}, and did ${before} before`);
      assert.ok(memory === undefined || memory.usedBytes > 0);
      assert.ok(clients === undefined || clients.connected > 0, "this adapter is connected");
      assert.ok(replicas === undefined || Array.isArray(replicas));
    }
  }),
];
