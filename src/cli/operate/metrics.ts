import type { Context, Outcome } from "../outcome.js";
import { type OperateFlags, type Operation, withApp } from "./store-app.js";

/** The flags of `taskora metrics`. */
export interface MetricsFlags extends OperateFlags {
  readonly openmetrics?: true;
}

/** Runs `taskora metrics`. */
export async function runMetrics(flags: MetricsFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async ({ through, terminal }) => {
    const accept = flags.openmetrics ? "application/openmetrics-text" : undefined;
    const data = await read(through, accept);
    const show = () => terminal.out(data.text.trimEnd());
    return { exitCode: 0, data, findings: [], show };
  });
}

async function read(through: Operation["through"], accept: string | undefined) {
  if (through.kind === "board") return through.client.metrics(accept);
  const { metrics } = await import("taskora/prometheus");
  return metrics(through.app, { mode: "store" }).read(accept);
}
