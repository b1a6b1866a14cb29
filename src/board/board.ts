/** The board: pages and an HTTP API over a store, as one fetch handler. */
import type { Server, ServerResponse } from "node:http";
import { internalsOf } from "../app/app-internals.js";
import type { Taskora } from "../app/taskora.js";
import { oneOf } from "../core/checks.js";
import { OptionError } from "../core/errors.js";
import { Access } from "./access/access.js";
import { ROLES, type Role } from "./api.js";
import { pageOrFile } from "./assets/assets.js";
import type { BoardParts } from "./board-parts.js";
import { Operations } from "./bulk/operations.js";
import { addressBeside } from "./http/beside.js";
import { type FastifyPluginLike, fastifyPlugin } from "./http/fastify.js";
import { type BoardAddress, type BoardListenOptions, closeServer, openServer } from "./http/listen.js";
import { type NextHandlers, nextHandlers } from "./http/next.js";
import { answerNode, type FetchHandler, type NodeRequest } from "./http/node-bridge.js";
import type { NodeRequestLike, NodeResponseLike } from "./http/node-shapes.js";
import { type Responder, respond } from "./http/respond.js";
import { Router } from "./http/router.js";
import { type BoardOptions, type BoardSettings, readBoardOptions } from "./options.js";
import { Redactor } from "./redact/redactor.js";
import { ROUTES } from "./routes/routes.js";

/** A board over the store of an app. */
export interface Board {
  /**
   * Answers a request. A path that a framework has taken away before counts as below the board's own. A request does not tell its
   * socket, so that a board without `auth` answers nobody.
   *
   * @param beside what Bun, Deno and Hono hand on beside the request, or `{ address }`: where it comes from, for login limits and
   * the audit list. Default: not known; all who log in share one limit then
   */
  readonly fetch: (request: Request, beside?: unknown) => Promise<Response>;
  /** Answers a request of `node:http`, or of what is built on it. */
  readonly node: (incoming: NodeRequestLike, outgoing: NodeResponseLike) => void;
  /**
   * Opens a port for the board alone, until {@link close}.
   *
   * @throws {TaskoraError} `BOARD_AUTH_REQUIRED` when the host can be reached from other machines and the board has no `auth`
   */
  listen(options?: BoardListenOptions): Promise<BoardAddress>;
  /**
   * A URL that lets whoever opens it in once: they have a session from then on. It is dead after use, after 12 hours, and when
   * the board closes.
   *
   * @param options `role`: what they may do; default `admin`. `origin`: where the board is reached, such as
   * `https://jobs.example.com`; default: where it listens
   * @throws {OptionError} when the board does not listen and no origin is given
   */
  oneTimeUrl(options?: { readonly role?: Role | undefined; readonly origin?: string | undefined }): string;
  /** The plugin of Fastify: `fastify.register(board.fastify, { prefix: "/jobs" })`, with the board's own path. */
  readonly fastify: FastifyPluginLike;
  /** What a catch-all `route.ts` of Next exports: `export const { GET, POST, PUT, PATCH, DELETE } = board.next()`. */
  readonly next: () => NextHandlers;
  /** Ends streams and sessions, and closes the port. The app stays as it is. */
  close(): Promise<void>;
}

/**
 * Makes a board over the store of an app: every task of the store is on it, whoever works on it.
 *
 * @throws {OptionError} on an unknown option ("did you mean")
 */
export function createBoard(taskora: Taskora, options: BoardOptions = {}): Board {
  const { observed, operated } = internalsOf(taskora);
  const { adapter, clock } = observed;
  const settings = readBoardOptions(options);
  const ends: (() => void | Promise<void>)[] = [];
  const { redact } = settings;
  const operations = new Operations(clock);
  const redactor = new Redactor({ adapter, redact, readJobs: (refs) => operated.readJobs(refs) });
  const board: BoardParts = {
    ...{ app: taskora, clock, settings, access: new Access(settings, clock), redactor, operations },
    onClose: (end) => void ends.push(end),
  };
  sayWhoGuards(settings);
  const responder: Responder = {
    board,
    router: new Router(ROUTES),
    page: (request, path) => pageOrFile(request, path, settings.base),
  };
  const handler: FetchHandler = (request, peer) => respond({ request, peer }, responder);
  const node: Board["node"] = (incoming, outgoing) =>
    void answerNode(handler, incoming as NodeRequest, outgoing as ServerResponse);
  const servers: Server[] = [];
  let address: BoardAddress | undefined;
  const fetch = (request: Request, beside?: unknown) =>
    handler(request, { address: undefined, told: addressBeside(request, beside) });
  const close = async () => {
    await Promise.all([...ends.splice(0).map((end) => end()), operations.close()]);
    board.access.close();
    await Promise.all(servers.splice(0).map(closeServer));
    address = undefined;
  };
  return {
    ...{ fetch, node, close },
    fastify: fastifyPlugin({ base: settings.base, node, close }),
    next: () => nextHandlers(fetch),
    async listen(where = {}) {
      const opened = await openServer(node, settings, where);
      servers.push(opened.server);
      address = opened.address;
      return opened.address;
    },
    oneTimeUrl: (given = {}) => oneTimeUrl(board, address, given),
  };
}

function sayWhoGuards({ auth, write }: BoardSettings): void {
  if (auth !== "host-app") return;
  write(
    "warn",
    "The board lets in everybody whom the application lets through to it, as admin: guard its path.",
  );
}

const role = oneOf(ROLES);

function oneTimeUrl(
  { access, settings }: BoardParts,
  address: BoardAddress | undefined,
  given: { readonly role?: Role | undefined; readonly origin?: string | undefined },
): string {
  const origin = given.origin === undefined ? undefined : new URL(given.origin).origin + settings.base;
  const at = origin ?? address?.url;
  if (at === undefined)
    throw new OptionError(
      "expected oneTimeUrl() to be given origin, since the board does not listen by itself",
      {
        option: "origin",
      },
    );
  return `${at}/?key=${access.makeKey(role(given.role ?? "admin", "role"))}`;
}
