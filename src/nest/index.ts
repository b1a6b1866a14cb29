/** An app, its handlers, its typed clients and its board in an application of NestJS. */
export { BoardModule, type BoardModuleOptions, type BoardModuleUser } from "./board-module.js";
export type { NestClass, NestFactory, NestModule, NestToken } from "./nest-shapes.js";
export {
  TaskHandler,
  type TaskHandlerDecorator,
  type TaskHandlerMethod,
} from "./task-handler.js";
export {
  type CreateClient,
  InjectClient,
  type InjectDecorator,
  InjectTaskora,
  TASKORA,
  TaskoraModule,
  type TaskoraModuleAsyncOptions,
  type TaskoraModuleOptions,
  type TaskoraModuleSettings,
} from "./taskora-module.js";
