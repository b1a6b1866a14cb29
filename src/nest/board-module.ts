/** The board as a controller of Nest, so that guards, the global prefix and versions apply to it as to all others. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Taskora } from "../app/taskora.js";
import { type Board, createBoard } from "../board/board.js";
import { keptConnections } from "../board/http/kept-connections.js";
import { type AuthenticatedUser, type BoardOptions, readBoardOptions } from "../board/options.js";
import { aFunction, anything, listOf, someText } from "../core/checks.js";
import { OptionError } from "../core/errors.js";
import { optionSet, required } from "../core/options.js";
import { type AdapterHost, nestCommon, nestCore } from "./nest-parts.js";
import type { NestClass, NestModule } from "./nest-shapes.js";
import { TASKORA } from "./taskora-module.js";

/** How an application shows the board. */
export interface BoardModuleOptions extends Omit<BoardOptions, "path"> {
  /** Of the controller, such as `jobs`; the global prefix comes before it. */
  readonly path: string;
  /** Guards of the controller, beside those that are global. With guards, and without `auth` or `user`, `auth` is `"host-app"`. */
  readonly guards?: readonly unknown[] | undefined;
  /**
   * Whom the guards let in, by the request as Express or Fastify have it: `(request: Request) => ({ user: request.user.name, role:
   * "operator" })`; `null` refuses. In place of `auth`. Default: nobody is told from others.
   */
  readonly user?: BoardModuleUser | undefined;
  /** Modules that export what the guards ask for. Default: none. */
  readonly imports?: readonly unknown[] | undefined;
}

/** Says who asks. */
export type BoardModuleUser = (
  request: never,
) => AuthenticatedUser | null | Promise<AuthenticatedUser | null>;

const OWN = optionSet({
  path: required(someText),
  guards: listOf(anything),
  user: aFunction<BoardModuleUser>(),
  imports: listOf(anything),
});

interface Shown {
  readonly guards: readonly unknown[];
  readonly user: BoardModuleUser | undefined;
  readonly board: BoardOptions;
}

/** A request of either platform: Express's own, or what Fastify wraps. */
interface PlatformRequest {
  readonly raw?: IncomingMessage;
  readonly body?: unknown;
  /** Of Express. */
  readonly route?: { readonly path?: unknown };
  /** Of Fastify. */
  readonly routeOptions?: { readonly url?: unknown };
}

interface PlatformReply {
  readonly raw?: ServerResponse;
  hijack?(): void;
}

/** The board of an application. */
// biome-ignore lint/complexity/noStaticOnlyClass: Nest names modules by classes.
export class BoardModule {
  /**
   * Shows the board of the app of {@link TaskoraModule}.
   *
   * @throws {OptionError} on an unknown option ("did you mean")
   */
  static register(options: BoardModuleOptions): NestModule {
    const { path, guards, user, imports, ...board } = options;
    const own = OWN.read({ path, guards, user, imports }, "BoardModule.register()");
    readBoardOptions(board);
    return {
      module: BoardModule,
      imports: (own.imports ?? []) as NestClass[],
      controllers: [controllerOf(own.path, { guards: own.guards ?? [], user: own.user, board })],
    };
  }
}

/** Each board has a class of its own, since Nest keeps the path and the guards with the class. */
function controllerOf(path: string, { guards, user, board: given }: Shown): NestClass {
  const asking = new AsyncLocalStorage<AuthenticatedUser | null>();
  const options = { ...given, ...authOf({ guards, user, board: given }, () => asking.getStore() ?? null) };
  class BoardController {
    readonly #taskora: Taskora;
    readonly #host: AdapterHost;
    #board: Board | undefined;
    #endKept: (() => void) | undefined;

    /** Routes are read when everything is made: each platform has a wildcard of its own. */
    constructor(taskora: Taskora, host: AdapterHost) {
      this.#taskora = taskora;
      this.#host = host;
      const rest = host.httpAdapter?.getType() === "fastify" ? "*" : "*path";
      const method = Object.getOwnPropertyDescriptor(BoardController.prototype, "answer");
      nestCommon.All(["/", rest])(BoardController.prototype, "answer", method as PropertyDescriptor);
    }

    /** The server is made after the controllers; an application that answers nothing has none. */
    onModuleInit(): void {
      const server = this.#host.httpAdapter?.getHttpServer();
      if (server !== undefined) this.#endKept = keptConnections(server);
    }

    /** Nest leaves a reply alone that a method asks for. */
    async answer(request: PlatformRequest, reply: PlatformReply): Promise<void> {
      this.#board ??= createBoard(this.#taskora, { ...options, path: baseOf(request) });
      const { node } = this.#board;
      const asker = user === undefined ? null : await user(request as never);
      reply.hijack?.();
      const [incoming, outgoing] =
        request.raw === undefined
          ? [request as IncomingMessage, reply as ServerResponse]
          : [Object.assign(request.raw, { body: request.body }), reply.raw as ServerResponse];
      asking.run(asker, () => node(incoming, outgoing));
    }

    /** Streams end, for which the server would wait, and connections on which nothing is asked. */
    async beforeApplicationShutdown(): Promise<void> {
      await this.#board?.close();
      this.#endKept?.();
    }
  }
  const { Controller, Inject, Req, Res, UseGuards } = nestCommon;
  const { prototype } = BoardController;
  Inject(TASKORA)(BoardController, undefined, 0);
  Inject(nestCore.HttpAdapterHost)(BoardController, undefined, 1);
  Req()(prototype, "answer", 0);
  Res()(prototype, "answer", 1);
  Controller(path)(BoardController as unknown as NestClass);
  if (guards.length > 0) UseGuards(...guards)(BoardController as unknown as NestClass);
  return BoardController as unknown as NestClass;
}

/** Who is let in, where the application says so. */
function authOf(
  { guards, user, board }: Shown,
  authenticate: () => AuthenticatedUser | null,
): Pick<BoardOptions, "auth"> {
  if (user !== undefined && board.auth !== undefined) {
    throw new OptionError("expected BoardModule.register() to be given auth or user, got both", {
      option: "user",
    });
  }
  if (user !== undefined) return { auth: { authenticate } };
  return board.auth === undefined && guards.length > 0 ? { auth: "host-app" } : {};
}

/** Where the board is, with the prefixes that Nest has put before it. */
function baseOf({ route, routeOptions }: PlatformRequest): string {
  const pattern = routeOptions?.url ?? route?.path;
  const base = typeof pattern === "string" ? pattern.replace(/\/?\{?\/?\*.*$/, "") : "";
  if (base.includes(":"))
    throw new OptionError(`expected the board to be at a path without parameters, got ${base}`);
  return base.replace(/\/$/, "");
}
