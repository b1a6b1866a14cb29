import { internalsOf } from "../app/app-internals.js";
import { type CloseOptions, type StartOptions, startOption } from "../app/process-options.js";
import type { Taskora } from "../app/taskora.js";
import { createBoard } from "../board/board.js";
import { type KeepingServer, keptConnections } from "../board/http/kept-connections.js";
import type { BoardOptions } from "../board/options.js";
import { anything, someText } from "../core/checks.js";
import { parseDuration } from "../core/duration.js";
import { type Check, optionSet, required } from "../core/options.js";
import { type MetricsOptions, metrics as metricsOf } from "../prometheus/metrics.js";

/** What of Fastify's instance the plugin uses. */
export interface FastifyInstanceLike {
  /** What takes connections. */
  readonly server: KeepingServer;
  /** Adds a member. */
  decorate(name: string, value: unknown): unknown;
  /** Adds what runs when the server is ready, or closes. */
  addHook(name: "onReady" | "preClose" | "onClose", hook: () => Promise<void>): unknown;
  /** Adds a route. */
  get(
    path: string,
    handler: (
      request: { readonly headers: { readonly accept?: string | undefined } },
      reply: { header(name: string, value: string): unknown },
    ) => Promise<string>,
  ): unknown;
  /** Adds a plugin below a prefix. */
  register(plugin: never, options: { prefix: string }): unknown;
}

/** How a server uses an app. */
export interface TaskoraPluginOptions {
  /** What becomes `fastify.taskora`. The server closes it. */
  readonly taskora: Taskora;
  /**
   * Whether the server works on jobs once it is ready, and on which. False: it connects and dispatches only. Default true: on every
   * task that has a handler.
   */
  readonly start?: boolean | StartOptions | undefined;
  /** How long active handlers may take to end when the server closes. Default `"30s"`. */
  readonly timeout?: CloseOptions["timeout"];
  /** Where Prometheus finds the metrics, such as `/metrics`, and whose they are. Default: nowhere. */
  readonly metrics?: (MetricsOptions & { readonly path: string }) | undefined;
  /** The board, with its `path`. Hooks that were added before this plugin go before it. Default: none. */
  readonly board?: (BoardOptions & { readonly path: string }) | undefined;
}

const OPTIONS = optionSet({
  taskora: required(anything as Check<Taskora>),
  start: startOption,
  timeout: parseDuration,
  metrics: anything as Check<NonNullable<TaskoraPluginOptions["metrics"]>>,
  board: anything as Check<NonNullable<TaskoraPluginOptions["board"]>>,
} satisfies { readonly [Key in keyof Required<TaskoraPluginOptions>]: Check<unknown> });

/**
 * A plugin of Fastify: `fastify.register(taskoraPlugin, { taskora })`. The app is `fastify.taskora` everywhere, starts when the
 * server is ready, and closes with it.
 *
 * @throws {OptionError} on an unknown option ("did you mean")
 */
export const taskoraPlugin: (fastify: FastifyInstanceLike, options: TaskoraPluginOptions) => Promise<void> =
  forAll(async (fastify: FastifyInstanceLike, options: TaskoraPluginOptions) => {
    const { taskora, start = true, timeout, metrics, board } = OPTIONS.read(options, "taskoraPlugin");
    internalsOf(taskora);
    fastify.decorate("taskora", taskora);
    fastify.addHook("onReady", async () => {
      if (start === false) await taskora.connect();
      else await taskora.start(start === true ? {} : start);
    });
    fastify.addHook("onClose", () => taskora.close({ timeout }));
    if (metrics !== undefined) addMetrics(fastify, { taskora, ...metrics });
    if (board === undefined) {
      const endKept = keptConnections(fastify.server);
      fastify.addHook("preClose", async () => endKept());
    } else {
      fastify.register(createBoard(taskora, board).fastify as never, { prefix: board.path });
    }
  });

function addMetrics(
  fastify: FastifyInstanceLike,
  { taskora, path, ...options }: MetricsOptions & { readonly taskora: Taskora; readonly path: string },
): void {
  const exported = metricsOf(taskora, options);
  fastify.addHook("onClose", async () => exported.stop());
  fastify.get(someText(path, "metrics.path"), async ({ headers }, reply) => {
    const { text, contentType } = await exported.read(headers.accept);
    reply.header("content-type", contentType);
    return text;
  });
}

/** What a plugin adds is seen by its siblings when it says so with these names of Fastify's. */
function forAll<Plugin extends object>(plugin: Plugin): Plugin {
  return Object.assign(plugin, {
    [Symbol.for("skip-override")]: true,
    [Symbol.for("fastify.display-name")]: "taskora",
    [Symbol.for("plugin-meta")]: { name: "taskora", fastify: "5.x" },
  });
}
