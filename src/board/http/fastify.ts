/** The board as a plugin of Fastify. */
import { OptionError } from "../../core/errors.js";
import { type KeepingServer, keptConnections } from "./kept-connections.js";
import type { NodeRequestLike, NodeResponseLike } from "./node-shapes.js";

/** What of Fastify's instance it takes to answer everything below a prefix. */
export interface FastifyHost {
  /** What every route here begins with. */
  readonly prefix: string;
  /** What takes connections. */
  readonly server: KeepingServer;
  /** Takes away the parsers of the bodies of requests. */
  removeAllContentTypeParsers(): unknown;
  /** Adds one. */
  addContentTypeParser(
    type: string,
    parser: (request: never, payload: never, done: (error: null) => void) => void,
  ): unknown;
  /** Adds a hook that runs as the server begins to close. */
  addHook(name: "preClose", hook: () => Promise<void>): unknown;
  /** Adds a route. */
  route(route: {
    method: string[];
    url: string;
    exposeHeadRoute: boolean;
    handler(request: FastifyRequestLike, reply: FastifyReplyLike): unknown;
  }): unknown;
}

/** A request of Fastify. */
export interface FastifyRequestLike {
  /** As Node has it. */
  readonly raw: NodeRequestLike;
}

/** A reply of Fastify. */
export interface FastifyReplyLike {
  /** As Node has it. */
  readonly raw: NodeResponseLike;
  /** Says that Fastify need not answer. */
  hijack(): unknown;
}

/** A plugin, as `register()` takes it. */
export type FastifyPluginLike = (fastify: FastifyHost) => Promise<void>;

interface Answering {
  /** Where the board thinks it is. */
  readonly base: string;
  node(incoming: NodeRequestLike, outgoing: NodeResponseLike): void;
  close(): Promise<void>;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** Makes the plugin. Hooks of the application run before; the body is left to the board, which bounds it itself. */
export function fastifyPlugin({ base, node, close }: Answering): FastifyPluginLike {
  return async (fastify) => {
    if (fastify.prefix.replace(/\/$/, "") !== base) {
      throw new OptionError(
        `expected the board to be registered where its option path says it is, { prefix: "${base || "/"}" }, ` +
          `got "${fastify.prefix}"`,
        { option: "prefix" },
      );
    }
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser("*", (_request, _payload, done) => done(null));
    const endKept = keptConnections(fastify.server);
    fastify.addHook("preClose", async () => {
      await close();
      endKept();
    });
    for (const url of ["/", "/*"]) {
      fastify.route({
        method: METHODS,
        url,
        exposeHeadRoute: false,
        handler: (request, reply) => {
          reply.hijack();
          node(request.raw, reply.raw);
        },
      });
    }
  };
}
