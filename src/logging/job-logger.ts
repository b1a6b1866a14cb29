import type { Logger } from "../app/logger.js";
import type { Middleware, MiddlewareContext } from "../worker/handler.js";
import type { LoggedContext } from "../worker/job-context.js";
import { fieldWriter, traceFields } from "./field-writer.js";

/**
 * Middleware that writes what handlers log with `ctx.log` to a logger as well: console, pino, winston, bunyan, or anything with
 * `info`, `warn` and `error`. Each line has the handler's fields, `task`, `jobId` and `attempt`, and `trace_id` and `span_id` where
 * `taskora/otel` traces the attempt.
 *
 * @throws {OptionError} when it cannot be written to
 */
export function jobLogger(logger: Logger): Middleware {
  const write = fieldWriter(logger);
  return async (ctx, next) => {
    const { task, id: jobId, attempt } = ctx;
    const { told, alsoLog } = partsOf(ctx);
    const about = { task, jobId, attempt, ...traceFields(told) };
    alsoLog((level, message, fields) => write(level, message, { ...fields, ...about }));
    await next();
  };
}

function partsOf(ctx: MiddlewareContext): LoggedContext {
  const parts = ctx as unknown as LoggedContext;
  return { told: parts.told, alsoLog: (sink) => parts.alsoLog(sink) };
}
