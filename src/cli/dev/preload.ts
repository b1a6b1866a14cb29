/**
 * Loaded in the programs that `taskora dev` runs over its own memory, before anything else: lends them that store, in place of
 * the one they name, and ends them when `taskora dev` has gone.
 */
import { connect } from "node:net";
import { socketAdapter } from "./socket-adapter.js";

const path = process.env.TASKORA_DEV_SOCKET;
if (path !== undefined && path !== "") {
  Object.assign(globalThis, { [Symbol.for("taskora.dev.store")]: () => socketAdapter(path) });
  const watch = connect(path);
  watch.on("error", () => undefined);
  watch.on("close", () => process.exit());
  watch.unref();
}
