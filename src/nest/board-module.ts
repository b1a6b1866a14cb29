/** The board as a controller of Nest, so that guards, the global prefix and versions apply to it as to all others. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Taskora } from "../app/taskora.js";
import { type Board, createBoard } from "../board/board.js";
import type { BoardOptions } from "../board/options.js";
import { anything, listOf, someText } from "../core/checks.js";
import { OptionError } from "../core/errors.js";
import { optionSet, required } from "../core/options.js";
import { nestCommon } from "./load-nest.js";
import type { NestClass, NestModule } from "./nest-shapes.js";
import { TASKORA } from "./taskora-module.js";

/** How an application shows the board. */
export interface BoardModuleOptions extends Omit<BoardOptions, "path"> {
  /** Of the controller, such as `jobs`; the global prefix comes before it. */
  readonly path: string;
  /** Guards of the controller, beside those that are global. Default: none. */
  readonly guards?: readonly unknown[] | undefined;
  /** Modules that export what the guards ask for. Default: none. */
  readonly imports?: readonly unknown[] | undefined;
}

const OWN = optionSet({ path: required(someText), guards: listOf(anything), imports: listOf(anything) });

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
   * @throws {TaskoraError} `DEPENDENCY_MISSING`
   */
  static register(options: BoardModuleOptions): NestModule {
    const { path, guards, imports, ...board } = options;
    const own = OWN.read({ path, guards, imports }, "BoardModule.register()");
    return {
      module: BoardModule,
      imports: (own.imports ?? []) as NestClass[],
      controllers: [controllerOf(own.path, { guards: own.guards ?? [], board })],
    };
  }
}

/** Each board has a class of its own, since Nest keeps the path and the guards with the class. */
function controllerOf(
  path: string,
  { guards, board: options }: { readonly guards: readonly unknown[]; readonly board: BoardOptions },
): NestClass {
  class BoardController {
    readonly #taskora: Taskora;
    #board: Board | undefined;

    constructor(taskora: Taskora) {
      this.#taskora = taskora;
    }

    /** Nest leaves a reply alone that a method asks for. */
    answer(request: PlatformRequest, reply: PlatformReply): void {
      this.#board ??= createBoard(this.#taskora, { ...options, path: baseOf(request) });
      reply.hijack?.();
      if (request.raw === undefined) this.#board.node(request as IncomingMessage, reply as ServerResponse);
      else this.#board.node(Object.assign(request.raw, { body: request.body }), reply.raw as ServerResponse);
    }

    /** Streams end, for which the server would wait. */
    async beforeApplicationShutdown(): Promise<void> {
      await this.#board?.close();
    }
  }
  const { All, Controller, Inject, Req, Res, UseGuards } = nestCommon();
  const { prototype } = BoardController;
  const method = Object.getOwnPropertyDescriptor(prototype, "answer") as PropertyDescriptor;
  Inject(TASKORA)(BoardController, undefined, 0);
  Req()(prototype, "answer", 0);
  Res()(prototype, "answer", 1);
  All(["/", "*path"])(prototype, "answer", method);
  Controller(path)(BoardController as unknown as NestClass);
  if (guards.length > 0) UseGuards(...guards)(BoardController as unknown as NestClass);
  return BoardController as unknown as NestClass;
}

/** Where the board is, with the prefixes that Nest has put before it. */
function baseOf({ route, routeOptions }: PlatformRequest): string {
  const pattern = routeOptions?.url ?? route?.path;
  const base = typeof pattern === "string" ? pattern.replace(/\/?\{?\/?\*.*$/, "") : "";
  if (base.includes(":"))
    throw new OptionError(`expected the board to be at a path without parameters, got ${base}`);
  return base.replace(/\/$/, "");
}
