/** The board: the picture of a store in a browser, and an HTTP API over it. */
export type { BoardUser } from "./access/board-user.js";
export { hashPassword } from "./access/passwords.js";
export {
  type ApiError,
  type Me,
  type Note,
  type Operation,
  type Overview,
  type Rates,
  ROLES,
  type Role,
  type SlotJob,
  type StoreState,
  type TaskGlance,
  type TaskSeries,
  type WorkerGlance,
} from "./api.js";
export { type Board, createBoard } from "./board.js";
export type { BoardJobs } from "./client/client-jobs.js";
export type {
  BoardSchedules,
  BoardTaskHandle,
  BoardTasks,
  BoardWorkers,
  BoardWorkflowHandle,
  BoardWorkflows,
} from "./client/client-others.js";
export {
  type BoardClient,
  type BoardClientOptions,
  type BoardNouns,
  connectBoard,
} from "./client/connect-board.js";
export type { FastifyHost, FastifyPluginLike, FastifyReplyLike, FastifyRequestLike } from "./http/fastify.js";
export type { KeepingServer, KeptSocket } from "./http/kept-connections.js";
export type { BoardAddress, BoardListenOptions } from "./http/listen.js";
export type { NextHandler, NextHandlers } from "./http/next.js";
export type { NodeRequestLike, NodeResponseLike } from "./http/node-shapes.js";
export { type ContentsExamination, type ContentsOptions, examineContents } from "./observe/contents.js";
export { type Examination, examine } from "./observe/examine.js";
export { CHECKS } from "./observe/examined.js";
export { createObserver, type Observer, type ObserverOptions } from "./observe/observer.js";
export type {
  AuthenticatedUser,
  AuthenticateResult,
  BoardAuth,
  BoardLogin,
  BoardOptions,
  BoardPermissions,
  BoardToken,
  RedactOptions,
} from "./options.js";
export { problemsOf, type SchemaProblem } from "./schema-problems.js";
