/** The board: pages and an HTTP API over a store, as one fetch handler. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { internalsOf } from "../app/app-internals.js";
import type { Taskora } from "../app/taskora.js";
import { text } from "../core/checks.js";
import { isTaskoraError } from "../core/error-classes.js";
import { type Check, optionSet } from "../core/options.js";
import { pageOrFile } from "./assets/assets.js";
import { BoardFailure, failed, json } from "./http/answer.js";
import { answerNode, type Peer } from "./http/node-bridge.js";
import { Router } from "./http/router.js";
import { ROUTES } from "./routes/routes.js";

/** How a board is reached. */
export interface BoardOptions {
  /** Where its pages are, such as `/jobs`. Default: at the root. */
  readonly path?: string | undefined;
}

/** A board over the store of an app. */
export interface Board {
  /** Answers a request. A path that a framework has taken away before counts as below the board's own. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Answers a request of `node:http`, or of what is built on it. */
  readonly node: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  /** Ends streams and sessions. The app stays as it is. */
  close(): Promise<void>;
}

const OPTIONS = optionSet({ path: text } satisfies {
  readonly [Key in keyof Required<BoardOptions>]: Check<unknown>;
});
const API = "/api/v1";

/**
 * Makes a board over the store of an app: every task of the store is on it, whoever works on it.
 *
 * @throws {OptionError} on an unknown option ("did you mean")
 */
export function createBoard(taskora: Taskora, options: BoardOptions = {}): Board {
  internalsOf(taskora);
  const given = OPTIONS.read(options, "createBoard()");
  const base = (given.path ?? "").replace(/\/+$/, "");
  const router = new Router(ROUTES);
  const answer = async (request: Request, _peer: Peer): Promise<Response> => {
    try {
      return await respond(request, { taskora, router, base });
    } catch (error) {
      return failed(failureOf(error));
    }
  };
  return {
    fetch: (request) => answer(request, { address: undefined }),
    node: (incoming, outgoing) => void answerNode(answer, incoming, outgoing),
    close: async () => undefined,
  };
}

interface Host {
  readonly taskora: Taskora;
  readonly router: Router;
  readonly base: string;
}

async function respond(request: Request, { taskora, router, base }: Host): Promise<Response> {
  const url = new URL(request.url);
  const path = url.pathname.startsWith(`${base}/`) ? url.pathname.slice(base.length) : url.pathname;
  const page = path.startsWith(`${API}/`) ? undefined : pageOrFile(request, path, base);
  if (page !== undefined) return page;
  if (!path.startsWith(`${API}/`))
    throw new BoardFailure(404, "BOARD_NOT_FOUND", { message: `There is no page at ${path}.` });
  const match = router.find(request.method, path.slice(API.length));
  if (match === undefined || "allowed" in match)
    throw new BoardFailure(404, "BOARD_NOT_FOUND", {
      message: `There is no call ${request.method} ${path}.`,
    });
  const value = await match.route.handle({
    ...{ app: taskora, params: match.params, query: url.searchParams, body: undefined },
    ...{ user: { name: "somebody", role: "viewer" }, signal: request.signal, raw: request },
  });
  if (value instanceof Response) return value;
  if (value === undefined)
    throw new BoardFailure(404, "BOARD_NOT_FOUND", { message: "There is none of that name." });
  return json(value);
}

function failureOf(error: unknown): BoardFailure {
  if (error instanceof BoardFailure) return error;
  if (isTaskoraError(error)) return new BoardFailure(400, error.code, { message: error.message });
  return new BoardFailure(500, "BOARD_FAILED", { message: "Something went wrong in the board." });
}
