import { createTaskora } from "taskora";
import { createClient } from "../producer/tasks.gen/index.js";
import type { RunningShop } from "./running-shop.js";
import { ShopServices } from "./shop-services.js";
import type { SharedStore } from "./stores.js";

/** Where the services run. */
export interface TwoProcessOptions {
  readonly store: SharedStore;
  /** Gets what the services write. */
  readonly say: (line: string) => void;
}

/**
 * Producer and worker as processes of their own; this one only watches. What they store is theirs alone and is deleted at
 * the end, so that the demo can run beside real work.
 */
export function twoProcessShop({ store, say }: TwoProcessOptions): RunningShop {
  const observer = createTaskora({ adapter: store.adapter });
  createClient(observer);
  const services = new ShopServices({ env: store.env, say });
  let isConnected = false;
  return {
    observer,
    open: async () => {
      await observer.connect();
      isConnected = true;
      services.startWorker();
    },
    runDay: (day) => services.runProducer(day),
    replaceWorker: () => services.replaceWorker(),
    pids: () => services.pids,
    close: async () => {
      await services.stop();
      await observer.close();
      if (isConnected) await store.clean();
    },
  };
}
