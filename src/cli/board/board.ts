/** Runs `taskora board`. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createTaskora, type Taskora } from "taskora";
import { type Board, type BoardOptions, createBoard } from "taskora/board";
import { adapterOf } from "../commands/store.js";
import { type OperateFlags, storeOf } from "../operate/store-app.js";
import { type Context, type Outcome, refusal } from "../outcome.js";
import { stoppedBySignals } from "../signals.js";
import { StoreDoor } from "./diagnosis.js";
import { diagnosisPage } from "./page.js";

/** The flags of `taskora board`. */
export interface BoardFlags extends OperateFlags {
  readonly port: number;
  readonly host: string;
  readonly passwordFile?: string;
  readonly readOnly?: true;
  readonly open?: boolean;
}

/** Runs it until a signal ends it. */
export async function runBoard(flags: BoardFlags, context: Context): Promise<Outcome> {
  const store = await storeOf(flags, context);
  if ("exitCode" in store) return store;
  const password = passwordOf(flags.passwordFile, context);
  if (typeof password === "object") return password;
  const signal = stoppedBySignals();
  const app = createTaskora({
    adapter: await adapterOf(store, flags.timeout as `${number}s`),
    logger: false,
  });
  // A store that is away, and one that comes back, is told of on the page.
  app.on("error", () => undefined);
  const board = createBoard(app, boardOptions(flags, password));
  const door = new StoreDoor(app, store);
  const server = createServer((request, response) => {
    // Whatever a request makes go wrong ends that request, and not the board.
    answer(request, response, { board, door }).catch(() => response.destroy());
  });
  try {
    const port = await listen(server, flags);
    if (port === undefined) return portTaken(flags, context);
    const origin = `http://${flags.host.includes(":") ? `[${flags.host}]` : flags.host}:${port}`;
    const url = board.oneTimeUrl({ origin, role: flags.readOnly === true ? "viewer" : "admin" });
    tell(url, context);
    if (flags.open ?? context.terminal.isInteractive) openBrowser(url);
    await aborted(signal);
  } finally {
    await close({ board, server, app });
  }
  return { exitCode: 0, data: {}, findings: [], isLine: true, show: () => undefined };
}

function boardOptions({ readOnly }: BoardFlags, password: string | undefined): BoardOptions {
  return {
    auth: { oneTimeUrl: true, ...(password === undefined ? {} : { password }) },
    ...(readOnly === true ? { permissions: (_user, action) => action === "read" } : {}),
    logger: false,
  };
}

function passwordOf(file: string | undefined, context: Context): string | undefined | Outcome {
  if (file === undefined) return undefined;
  try {
    const [password = ""] = readFileSync(file, "utf8").split(/\r?\n/);
    if (password !== "") return password;
    return refusal(
      { code: "COMMAND_LINE", message: `${file} has an empty first line`, hint: WRITE_IT },
      context,
    );
  } catch (error) {
    const message = `${file} cannot be read: ${(error as Error).message}`;
    return refusal({ code: "COMMAND_LINE", message, hint: WRITE_IT }, context);
  }
}

const WRITE_IT = "Write the password on the first line of the file.";

/** Undefined: somebody else has the port. */
async function listen(server: Server, { port, host }: BoardFlags): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function portTaken({ port, host }: BoardFlags, context: Context): Outcome {
  const message = `port ${port} of ${host} is in use`;
  return refusal({ code: "COMMAND_LINE", message, hint: "Choose another: --port 0 takes any." }, context);
}

function tell(url: string, { terminal, isJson, report }: Context): void {
  const show = () => {
    terminal.out(url);
    terminal.talk("Opens the board once, then its session goes on. Ctrl-C ends it.");
  };
  if (isJson) report({ exitCode: 0, data: { url }, findings: [], show });
  else show();
}

/** Pages of a store that does not answer say why, to whom the board would let in; everything else is the board's. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { board, door }: { readonly board: Board; readonly door: StoreDoor },
): Promise<void> {
  const diagnosis = isPage(request) && (await isKnown(request, board)) ? await door.diagnose() : undefined;
  if (diagnosis === undefined) return board.node(request, response);
  response.writeHead(503, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "retry-after": "3",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
  response.end(diagnosisPage(diagnosis));
}

function isPage({ method, url = "/" }: IncomingMessage): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  if (!URL.canParse(url, "http://board")) return false;
  const { pathname, searchParams } = new URL(url, "http://board");
  return !/^\/(api|assets|healthz|readyz|metrics)(\/|$)/.test(pathname) && !searchParams.has("key");
}

async function isKnown({ headers }: IncomingMessage, board: Board): Promise<boolean> {
  const { cookie, authorization, host = "localhost" } = headers;
  const given = new Headers();
  if (cookie !== undefined) given.set("cookie", cookie);
  if (authorization !== undefined) given.set("authorization", authorization);
  // What is in it beside a name and a port would make another URL of it, or none.
  if (/[/?#\\@\s]/.test(host) || !URL.canParse(`http://${host}`)) return false;
  const { ok } = await board.fetch(new Request(`http://${host}/api/v1/me`, { headers: given }));
  return ok;
}

async function close({
  board,
  server,
  app,
}: {
  readonly board: Board;
  readonly server: Server;
  readonly app: Taskora;
}): Promise<void> {
  await board.close();
  server.close();
  server.closeAllConnections();
  await app.close({ timeout: 0 });
}

/** Opens a URL as the desktop would. Where there is none the URL is there to be copied. */
function openBrowser(url: string): void {
  const [program, ...before] = { darwin: ["open"], win32: ["cmd", "/c", "start", ""] }[
    process.platform as "darwin"
  ] ?? ["xdg-open"];
  const child = spawn(program ?? "xdg-open", [...before, url], { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    signal.addEventListener("abort", () => done(), { once: true });
  });
}
