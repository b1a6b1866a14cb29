import { describe, expect, it } from "vitest";
import { Fleet, storiesOf } from "../support/chaos.js";
import { chaosStores } from "../support/chaos-stores.js";

describe.each(chaosStores)("a worker that is stopped past its lease, on $store,", ({ open }) => {
  it("cannot end the job that another has taken over, and is told so", async () => {
    const store = await open();
    const fleet = new Fleet({ ...store, lease: "500ms" });
    const gate = `gate-${store.prefix}`;
    const stalled = new Promise<void>((resolve) => fleet.client.on("stalled", () => resolve()));
    await fleet.app.connect();
    const sleeper = fleet.startWorker();
    await sleeper.printed("ready");
    const result = fleet.work({ gate });
    await expect.poll(async () => (await fleet.evidence()).length).toBe(1);
    sleeper.kill("SIGSTOP");
    const other = fleet.startWorker();
    await stalled;
    await fleet.openGate(gate, other.pid);
    const id = await result;
    sleeper.kill("SIGCONT");
    await sleeper.printed("abort LEASE_LOST");
    await fleet.openGate(gate, sleeper.pid);
    for (const worker of [sleeper, other]) worker.kill("SIGTERM");
    await Promise.all([sleeper.exited, other.exited]);

    const story = storiesOf(await fleet.evidence()).get(id);
    expect(story).toMatchObject({ starts: [sleeper.pid, other.pid], dones: 1, ranAgain: false });
    const found = await fleet.app.jobs.get({ id });
    expect(found).toMatchObject({ state: "completed", attempt: 1, stalls: 1 });
    expect(found?.history.map(({ outcome }) => outcome)).toEqual(["stalled", "completed"]);
    expect(fleet.errors).toEqual([]);
    await fleet.close();
  }, 60_000);
});
