/** What happens to a request, from its path to its answer: the one place where somebody is let in, or not. */
import { isTaskoraError } from "../../core/error-classes.js";
import { FilterError } from "../../core/job-filter/filter-error.js";
import type { AskedRequest, Entry } from "../access/access.js";
import { requireOwnOrigin, requireOwnReader } from "../access/origin.js";
import { Rights } from "../access/rights.js";
import type { BoardParts } from "../board-parts.js";
import { BoardFailure, failed, json } from "./answer.js";
import { readJson, requireShortQuery } from "./body.js";
import { readBody, readQuery } from "./fields.js";
import { withHeaders } from "./headers.js";
import type { BoardRequest, Route } from "./route.js";
import type { Match, Router } from "./router.js";

const API = "/api/v1";
/** Stands in the URL of a page for a cookie. */
const KEY = "key";

/** What requests are answered with. */
export interface Responder {
  readonly board: BoardParts;
  readonly router: Router;
  /** A file of the pages; undefined: none is there. */
  page(request: Request, path: string): Response | undefined;
}

/** Answers a request; whatever goes wrong is in the answer. */
export async function respond(asked: AskedRequest, host: Responder): Promise<Response> {
  let cookie: string | undefined;
  const entered = (entry: Entry) => {
    cookie = entry.cookie;
  };
  try {
    return withHeaders(await answer(asked, host, entered), cookie);
  } catch (error) {
    return withHeaders(failed(failureOf(error, host.board)), cookie);
  }
}

async function answer(
  asked: AskedRequest,
  host: Responder,
  entered: (entry: Entry) => void,
): Promise<Response> {
  const { request } = asked;
  const url = new URL(request.url);
  requireShortQuery(url);
  const path = pathBelow(host.board.settings.base, url.pathname);
  if (!path.startsWith(`${API}/`) && !OPEN_PATHS.has(path)) return answerPage(asked, host, path);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const query = url.searchParams;
  const match = host.router.find(method, path.startsWith(API) ? path.slice(API.length) : path, query);
  if (match !== undefined && "route" in match && match.route.role === "open")
    return answerOpen(asked, host, { match, query });
  const entry = await host.board.access.enter(asked);
  if (entry instanceof Response) return entry;
  entered(entry);
  return answerRoute(asked, host, { ...requireRoute(match, request, path), query, entry });
}

/** For probes and collectors of metrics: they are at the root of the board. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

/** What a framework has taken away before counts as below the board's own path. */
function pathBelow(base: string, path: string): string {
  if (base === "" || (path !== base && !path.startsWith(`${base}/`))) return path;
  return path.slice(base.length) || "/";
}

/** Pages hold no data, so that everybody is given them; who they are is asked for nevertheless, for what the answer's status says. */
async function answerPage(asked: AskedRequest, { board, page }: Responder, path: string): Promise<Response> {
  const { request } = asked;
  if (request.method !== "GET" && request.method !== "HEAD")
    throw new BoardFailure(405, "BOARD_NOT_FOUND", {
      message: `There is no call ${request.method} ${path.slice(0, 200)}.`,
      headers: { allow: "GET, HEAD" },
    });
  const url = new URL(request.url);
  const key = url.searchParams.get(KEY);
  const cookie = key === null ? undefined : board.access.takeKey(request, key);
  if (cookie !== undefined) return redirectWithout(url, cookie, board);
  const found = page(request, path);
  if (found !== undefined && path.startsWith("/assets/")) return found;
  const entry = await lookAt(asked, board);
  if (entry instanceof Response) return entry;
  if (entry instanceof BoardFailure) {
    const { status, headers } = entry;
    const shown = board.access.isOpen ? undefined : found;
    if (shown === undefined) return refusedPage(entry);
    return new Response(shown.body, {
      status,
      headers: { ...Object.fromEntries(shown.headers), ...headers },
    });
  }
  if (found === undefined)
    throw new BoardFailure(404, "BOARD_NOT_FOUND", { message: `There is no page ${path.slice(0, 200)}.` });
  return found;
}

async function lookAt(asked: AskedRequest, board: BoardParts): Promise<Entry | Response | BoardFailure> {
  try {
    return await board.access.enter(asked);
  } catch (error) {
    if (error instanceof BoardFailure) return error;
    throw error;
  }
}

/** To the same page, so that the key stands in no history and no log of what comes after. */
function redirectWithout(url: URL, cookie: string, { settings }: BoardParts): Response {
  url.searchParams.delete(KEY);
  const path = url.pathname === "/" || url.pathname === "" ? `${settings.base}/` : url.pathname;
  // Two slashes would name another host.
  const location = `${path.replace(/^\/+/, "/")}${url.search}`;
  return new Response(null, { status: 303, headers: { location, "set-cookie": cookie } });
}

function refusedPage({ status, message, hint, code, headers }: BoardFailure): Response {
  const text = [message, hint, `(${code})`].filter((line) => line !== undefined).join("\n");
  return new Response(`${text}\n`, {
    status,
    headers: { ...headers, "content-type": "text/plain; charset=utf-8" },
  });
}

/** Nobody has to be known, and no data is given away. */
async function answerOpen(
  asked: AskedRequest,
  host: Responder,
  { match, query }: { readonly match: Match; readonly query: URLSearchParams },
): Promise<Response> {
  if (match.route.method !== "GET") requireOwnOrigin(asked.request, undefined, host.board.settings);
  const entry: Entry = { user: { name: "", role: "viewer" }, by: "session", session: "" };
  return call(asked, host, { ...match, query, entry });
}

interface RoutedCall extends Match {
  readonly query: URLSearchParams;
  readonly entry: Entry;
}

async function answerRoute(asked: AskedRequest, host: Responder, routed: RoutedCall): Promise<Response> {
  const { route, entry } = routed;
  const { settings } = host.board;
  if (route.role !== "open") new Rights(entry.user, settings.permissions).require(route.role);
  if (route.method === "GET") requireOwnReader(asked.request);
  else requireOwnOrigin(asked.request, entry.by, settings);
  return call(asked, host, routed);
}

async function call(
  asked: AskedRequest,
  host: Responder,
  { route, params, query, entry }: RoutedCall,
): Promise<Response> {
  const { request: raw } = asked;
  const { board } = host;
  const { user, session, by: knownBy } = entry;
  const rights = new Rights(user, board.settings.permissions);
  const asks = route.query === undefined ? {} : readQuery(query, route.query);
  const body = route.method === "GET" ? {} : readBody(await readJson(raw), route.body ?? {});
  if (route.role !== "open") requireTasks(rights, route, [params.task, ...tasksIn(asks), ...tasksIn(body)]);
  const request: BoardRequest = {
    ...{ app: board.app, board, user, rights, session, knownBy, address: board.access.addressOf(asked) },
    ...{ params, query, asked: asks, body, signal: raw.signal, raw },
  };
  const value = await handled(route, request);
  if (value instanceof Response) return value;
  if (value === undefined)
    throw new BoardFailure(404, "BOARD_NOT_FOUND", { message: "There is none of that name." });
  return json(await board.redactor.redact(value), route.status ?? 200);
}

/** Names of tasks that they do not see are not suggested to them either. */
async function handled(route: Route, request: BoardRequest): Promise<unknown> {
  try {
    return await route.handle(request);
  } catch (error) {
    if (request.rights.seesAll || !isTaskoraError(error) || error.code !== "TASK_NOT_FOUND") throw error;
    throw new BoardFailure(404, "TASK_NOT_FOUND", { message: "There is no task of that name." });
  }
}

/** Asks permissions for every task that a request names, or once where it names none. */
function requireTasks(rights: Rights, { action = "read" }: Route, named: readonly unknown[]): void {
  const tasks = named.filter((task) => typeof task === "string");
  if (tasks.length === 0) rights.requireAction(action, undefined);
  for (const task of tasks) rights.requireAction(action, task);
}

function tasksIn({ task }: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Array.isArray(task) ? task : [task];
}

function requireRoute(match: ReturnType<Router["find"]>, { method }: Request, path: string): Match {
  if (match !== undefined && "route" in match) return match;
  const message = `There is no call ${method} ${path.slice(0, 200)}.`;
  if (match === undefined) throw new BoardFailure(404, "BOARD_NOT_FOUND", { message });
  throw new BoardFailure(405, "BOARD_NOT_FOUND", { message, headers: { allow: match.allowed.join(", ") } });
}

/** Statuses of what the library refuses; anything else of its errors is a wrong question. */
const STATUSES: Readonly<Record<string, number>> = {
  TASK_NOT_FOUND: 404,
  JOB_NOT_FOUND: 404,
  NOT_SUPPORTED: 501,
  STORE_UNAVAILABLE: 503,
  STORE_FULL: 503,
  STORE_AUTH: 503,
  STORE_UNSUPPORTED: 503,
  STORE_FORMAT: 503,
  STORE_REPLY: 503,
  APP_CLOSED: 503,
  TIMEOUT: 503,
  SCHEDULE_CONFLICT: 409,
  JOB_DUPLICATE: 409,
  JOB_KEY_REUSED: 409,
  JOB_ID_CONFLICT: 409,
  JOB_THROTTLED: 429,
  PAYLOAD_TOO_LARGE: 413,
};

/** A message may quote what it is about. */
function failureOf(error: unknown, { settings, redactor }: BoardParts): BoardFailure {
  if (error instanceof BoardFailure) return error;
  if (isTaskoraError(error)) {
    const position = error instanceof FilterError ? { position: error.position } : {};
    const message = redactor.text(error.message);
    return new BoardFailure(STATUSES[error.code] ?? 400, error.code, { message, ...position });
  }
  settings.write("error", "The board could not answer a request.", { error });
  return new BoardFailure(500, "BOARD_UNAVAILABLE", {
    message: "Something went wrong in the board.",
    hint: "Its log says what.",
  });
}
