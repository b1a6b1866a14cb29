import { fieldWriter, type Logger } from "../app/logger.js";
import type { Middleware, MiddlewareContext } from "../worker/handler.js";
import type { LoggedContext } from "../worker/job-context.js";
import { traceFields } from "./trace-fields.js";

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
    const logged = ctx as MiddlewareContext & LoggedContext;
    const about = { task, jobId, attempt, ...traceFields(logged.told) };
    logged.alsoLog((level, message, fields) => write(level, message, { ...fields, ...about }));
    await next();
  };
}
