import Fastify from "fastify";
import { type TaskoraPluginOptions, taskoraPlugin } from "taskora/fastify";
import { PORT, say } from "../closing.ts";
import { ASK, isAda } from "../guard.ts";
import { sendEmail, taskora } from "../shop.ts";

declare module "fastify" {
  interface FastifyInstance {
    readonly taskora: TaskoraPluginOptions["taskora"];
  }
}

const fastify = Fastify();

fastify.addHook("onRequest", async (request, reply) => {
  const isOfBoard = request.routeOptions.url?.startsWith("/jobs") ?? false;
  if (isOfBoard && !isAda(request.headers.authorization)) await reply.code(401).headers(ASK).send();
});

await fastify.register(taskoraPlugin, {
  taskora,
  metrics: { path: "/metrics" },
  board: { path: "/jobs", auth: "host-app" },
});

fastify.post<{ Body: { to: string } }>("/orders", async ({ body }) => {
  const { id } = await sendEmail.dispatch(body);
  return { id, waiting: (await fastify.taskora.jobs.count()).waiting };
});

await fastify.listen({ port: PORT, host: "127.0.0.1" });
say(fastify.server.address());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => fastify.close());
