/** An app, its metrics and its board in a server of Fastify. */
export { type FastifyInstanceLike, type TaskoraPluginOptions, taskoraPlugin } from "./plugin.js";
