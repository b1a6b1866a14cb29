/** The board: the picture of a store in a browser, and an HTTP API over it. */
export type {
  ApiError,
  Me,
  Note,
  Operation,
  Overview,
  Rates,
  Role,
  SlotJob,
  TaskGlance,
  TaskSeries,
  WorkerGlance,
} from "./api.js";
export { type Board, type BoardOptions, createBoard } from "./board.js";
export type { FastifyHost, FastifyPluginLike, FastifyReplyLike, FastifyRequestLike } from "./http/fastify.js";
export type { NextHandler, NextHandlers } from "./http/next.js";
export { type Examination, examine } from "./observe/examine.js";
export { CHECKS } from "./observe/examined.js";
export { createObserver, type Observer, type ObserverOptions } from "./observe/observer.js";
