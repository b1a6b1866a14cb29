import type { Context, Outcome } from "../outcome.js";
import { type OperateFlags, withApp } from "./store-app.js";

/** The flags of `taskora metrics`. */
export interface MetricsFlags extends OperateFlags {
  readonly openmetrics?: true;
}

/** Runs `taskora metrics`. */
export async function runMetrics(flags: MetricsFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async ({ app, terminal }) => {
    const { metrics } = await import("taskora/prometheus");
    const accept = flags.openmetrics ? "application/openmetrics-text" : undefined;
    const data = await metrics(app, { mode: "store" }).read(accept);
    const show = () => terminal.out(data.text.trimEnd());
    return { exitCode: 0, data, findings: [], show };
  });
}
