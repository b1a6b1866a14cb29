/** A worker with OpenTelemetry: prints a line per span, and what it needs to be told apart. */
import { context, propagation, trace } from "@opentelemetry/api";
import { createTaskora } from "taskora";
import { instrument } from "taskora/otel";
import { redisAdapter } from "taskora/redis";
import { tracingSdk } from "../../telemetry/clients.js";

const [url = "", prefix = "", clients = ""] = process.argv.slice(2);
const sdk = tracingSdk(clients);
context.setGlobalContextManager(sdk.contextManager);
propagation.setGlobalPropagator(sdk.propagator);
const exporter = new sdk.InMemorySpanExporter();
const provider = new sdk.BasicTracerProvider({ spanProcessors: [new sdk.SimpleSpanProcessor(exporter)] });
trace.setGlobalTracerProvider(provider);

const taskora = createTaskora({ adapter: redisAdapter({ url, prefix }), logger: false });
await instrument(taskora);
taskora.task("traced", {
  retry: { attempts: 3, backoff: "fixed", delay: 1 },
  handler: async (_: number, ctx) => {
    const span = trace.getTracer("handler").startSpan(`work ${ctx.attempt}`);
    await Promise.resolve();
    span.end();
    if (ctx.attempt < 2) throw new TypeError("not yet");
  },
});
await taskora.start();
console.log("ready");
process.once("SIGTERM", async () => {
  await taskora.close();
  for (const span of exporter.getFinishedSpans()) {
    const { traceId, spanId } = span.spanContext();
    const { name, kind, attributes, status, parentSpanContext } = span;
    const links = span.links.map(({ context: linked }) => `${linked.traceId}-${linked.spanId}`);
    const parent = parentSpanContext?.spanId;
    console.log(
      JSON.stringify({ name, kind, traceId, spanId, parent, links, attributes, status: status.code }),
    );
  }
  process.exit(0);
});
