/** A board over the memory adapter, and requests to it as browsers and programs send them. */
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createTaskora, type Taskora, type TaskoraOptions } from "taskora";
import { type Board, type BoardOptions, createBoard, ROLES } from "taskora/board";
import { memoryAdapter } from "taskora/memory";
import { VirtualClock } from "../../src/testing/virtual-clock.js";

/** What a request may have. */
export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** As it is sent, in place of `body`. */
  readonly text?: string;
  /** What a runtime hands on beside the request. Default: nothing. */
  readonly beside?: object | undefined;
}

/** An answer, read. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it says itself
  readonly json: any;
}

/** A board with its app. */
export interface BoardKit extends AsyncDisposable {
  readonly app: Taskora;
  readonly board: Board;
  /** Only of a kit with a clock of its own. */
  readonly clock: VirtualClock;
  /** Asks over `board.fetch`, as from a page of the board at `http://board.test`. */
  ask(path: string, asked?: Asked): Promise<Answered>;
}

const ORIGIN = "http://board.test";

/** What a page of the board sends with a change. */
export const OWN_PAGE = { "x-taskora-board": "1", "sec-fetch-site": "same-origin" };

/** An admin's token, for tests about something else than access. */
export const TOKENS = {
  metrics: "metrics-0123456789",
  viewer: "viewer-0123456789",
  operator: "operator-0123456789",
  admin: "admin-0123456789",
} as const;

/** One token for each role. */
export const ROLE_TOKENS = ROLES.map((role) => ({
  ...{ name: role, token: TOKENS[role], role },
}));

/** `Authorization` of a role's token. */
export function as(role: keyof typeof TOKENS): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${TOKENS[role]}` };
}

/** Makes both; time stands still where `isVirtual`. */
export function boardKit(
  options: BoardOptions = {},
  given: { readonly isVirtual?: boolean; readonly app?: Partial<TaskoraOptions> } = {},
): BoardKit {
  const clock = new VirtualClock();
  const app = createTaskora({
    ...{ adapter: memoryAdapter(), logger: false },
    ...(given.isVirtual === true ? { clock } : {}),
    ...given.app,
  });
  const board = createBoard(app, { logger: false, ...options });
  return {
    ...{ app, board, clock },
    ask: async (path, asked = {}) => {
      const { method = "GET", headers = {}, body, text } = asked;
      const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
      const isJson = content !== undefined && !("content-type" in headers);
      const request = new Request(`${ORIGIN}${path}`, {
        ...{ method, headers: { ...(isJson ? { "content-type": "application/json" } : {}), ...headers } },
        ...(content === undefined ? {} : { body: content }),
      });
      return read(await board.fetch(request, asked.beside));
    },
    async [Symbol.asyncDispose]() {
      await board.close();
      await app.close();
    },
  };
}

async function read(response: Response): Promise<Answered> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: jsonOf(text) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A server on loopback over something that answers, until it is disposed. */
export async function serve(
  listener: Parameters<typeof createServer>[1],
): Promise<AsyncDisposable & { readonly port: number; readonly server: Server }> {
  const server = createServer(listener as never);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    ...{ port: (server.address() as AddressInfo).port, server },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Asks over a socket, with whatever `Host` and path. */
export function askSocket(port: number, path: string, asked: Asked = {}): Promise<Answered> {
  const { method = "GET", headers = {}, body, text } = asked;
  const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ ...{ host: "127.0.0.1", port, path, method, headers } }, (incoming) => {
      readIncoming(incoming).then(resolve, reject);
    });
    sent.once("error", reject);
    sent.end(content);
  });
}

async function readIncoming(incoming: IncomingMessage): Promise<Answered> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers))
    for (const each of [value ?? []].flat()) headers.append(name, each);
  return { status: incoming.statusCode ?? 0, headers, text, json: jsonOf(text) };
}

/** The cookie that an answer sets, as a browser sends it back. */
export function cookieOf({ headers }: Answered): string {
  return (headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
}
