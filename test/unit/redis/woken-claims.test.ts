import { describe, expect, it } from "vitest";
import { LinkLostError } from "../../../src/redis/connection/store-errors.js";
import { WokenClaims, type WokenClaimsParts } from "../../../src/redis/verbs/woken-claims.js";
import { gate } from "../../support/signals.js";
import { TASK } from "./store.js";

const NOTHING = [{ jobs: [], lost: false }];

/** A link that is lost while a claim stands behind its blocking call, and is not open again before it is closed. */
function lostLink() {
  const blocks = gate();
  const lost = gate();
  const opening = gate();
  let opened = 0;
  const link = {
    wire: undefined,
    where: "nowhere",
    close: () => opening.open(),
    drop: () => undefined,
  };
  const wakes = {
    names: [TASK],
    link,
    hurry: () => undefined,
    interrupt: () => undefined,
    putBack: () => Promise.resolve(),
    ready: async () => {
      opened += 1;
      if (opened === 1) return;
      reopening.open();
      await opening.opened;
      throw new Error("the adapter is closed");
    },
    block: async () => {
      blocks.open();
      await lost.opened;
      throw new LinkLostError(undefined);
    },
  };
  const reopening = gate();
  const parts = {
    wakes,
    claimBehind: () => undefined,
    claimNow: () => Promise.reject(new Error("nobody is there to claim from")),
  } as unknown as WokenClaimsParts;
  return { claims: new WokenClaims(parts), blocks, lost, reopening };
}

describe("a waiting claim whose link was lost", () => {
  it("ends with nothing when the adapter is closed before the link is back", async () => {
    const { claims, blocks, lost, reopening } = lostLink();
    const request = { task: TASK, lease: "waiter", leaseMs: 1000, count: 1 };
    const claimed = claims.claim([request], { waitMs: 60_000 });
    await blocks.opened;
    lost.open();
    await reopening.opened;
    await claims.close();
    expect(await claimed).toEqual(NOTHING);
  });

  it("ends with nothing when its signal aborts before the link is back", async () => {
    const { claims, blocks, lost, reopening } = lostLink();
    const controller = new AbortController();
    const request = { task: TASK, lease: "waiter", leaseMs: 1000, count: 1 };
    const claimed = claims.claim([request], { waitMs: 60_000, signal: controller.signal });
    await blocks.opened;
    lost.open();
    await reopening.opened;
    controller.abort();
    await claims.close();
    expect(await claimed).toEqual(NOTHING);
  });
});
