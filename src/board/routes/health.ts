/** For probes and collectors of metrics. They stand at the root of the board. */
import { internalsOf } from "../../app/app-internals.js";
import { isTaskoraError } from "../../core/error-classes.js";
import { metrics, type TaskoraMetrics } from "../../prometheus/metrics.js";
import { json } from "../http/answer.js";
import { words } from "../http/fields.js";
import { type BoardRequest, type Route, route } from "../http/route.js";
import { hubOf } from "../live/of-board.js";
import { overviewOf } from "../observe/overview.js";
import { storedTasks } from "./ask-jobs.js";

/** A probe waits no longer. */
const READY_WITHIN_MS = 2000;

export const HEALTH_ROUTES: readonly Route[] = [
  route({
    ...{ method: "GET", path: "/healthz", role: "open" },
    summary:
      "200: the board answers. With ?deep: 503 where something is critical, as on Home; how many findings, and no more.",
    query: { deep: words("Whether the store is looked at too.", 10) },
    handle: (request) => (request.query.has("deep") ? deepHealth(request) : json({ status: "ok" })),
  }),
  route({
    ...{ method: "GET", path: "/readyz", role: "open", query: {} },
    summary: "200: the store answers within 2 s; 503: it does not.",
    handle: async (request) => {
      const isReady = await within(request, internalsOf(request.app).observed.connect());
      return json({ status: isReady ? "ready" : "away" }, isReady ? 200 : 503);
    },
  }),
  route({
    ...{ method: "GET", path: "/metrics", role: "metrics", query: {} },
    summary: "The numbers of the whole store as text for Prometheus, or OpenMetrics where that is accepted.",
    handle: async (request) => {
      request.rights.requireAll(request.rights.seesAll ? [] : await storedTasks(request.app));
      const { text, contentType } = await metricsOf(request).read(
        request.raw.headers.get("accept") ?? undefined,
      );
      return new Response(text, { headers: { "content-type": contentType, "cache-control": "no-store" } });
    },
  }),
];

/** Whoever asks is not known: findings name tasks, so that they are counted and not told. */
async function deepHealth({ board }: BoardRequest): Promise<Response> {
  try {
    const { notes } = overviewOf(await hubOf(board).sample());
    const critical = notes.filter(({ severity }) => severity === "critical").length;
    const status = critical > 0 ? "critical" : notes.length > 0 ? "warning" : "ok";
    return json({ status, critical, warnings: notes.length - critical }, critical > 0 ? 503 : 200);
  } catch (error) {
    if (!isTaskoraError(error) && !(error instanceof Error)) throw error;
    return json({ status: "away" }, 503);
  }
}

function within({ board }: BoardRequest, connected: Promise<void>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = board.clock.schedule(READY_WITHIN_MS, () => resolve(false));
    connected.then(
      () => {
        timer.cancel();
        resolve(true);
      },
      () => {
        timer.cancel();
        resolve(false);
      },
    );
  });
}

const known = new WeakMap<object, TaskoraMetrics>();

/** One reading for those who ask at the same time. */
function metricsOf({ app }: BoardRequest): TaskoraMetrics {
  const kept = known.get(app) ?? metrics(app, { mode: "store" });
  known.set(app, kept);
  return kept;
}
