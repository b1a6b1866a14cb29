/** A server of the board's own. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { integer, someText } from "../../core/checks.js";
import { TaskoraError } from "../../core/errors.js";
import { optionSet } from "../../core/options.js";
import { isLoopback } from "../access/local.js";
import type { BoardSettings } from "../options.js";

/** Where a board listens. */
export interface BoardListenOptions {
  /** 0: any that is free. Default 7070. */
  readonly port?: number | undefined;
  /** An address or a name of this machine. Another than its loopback needs `auth`. Default `127.0.0.1`. */
  readonly host?: string | undefined;
}

/** Where a board is reached. */
export interface BoardAddress {
  readonly host: string;
  readonly port: number;
  /** With the path of the board, and without a slash at its end. */
  readonly url: string;
}

const LISTEN = optionSet({ port: integer(0, 65_535), host: someText });
const DEFAULT_PORT = 7070;

/**
 * Opens a port.
 *
 * @throws {TaskoraError} `BOARD_AUTH_REQUIRED` when others could come to a board without `auth`; nothing is opened then
 */
export async function openServer(
  listener: RequestListener,
  { auth, base }: BoardSettings,
  options: BoardListenOptions,
): Promise<{ readonly server: Server; readonly address: BoardAddress }> {
  const { port = DEFAULT_PORT, host = "127.0.0.1" } = LISTEN.read(options, "listen()");
  if (auth === "host-app")
    throw new TaskoraError(
      "BOARD_AUTH_REQUIRED",
      'The auth of the board is "host-app", and no application stands before a port of its own: no port was opened. ' +
        "Mount the board in the application, or give createBoard() auth, such as { password }.",
    );
  if (auth === undefined && host !== "localhost" && !isLoopback(host))
    throw new TaskoraError(
      "BOARD_AUTH_REQUIRED",
      `The board has no auth of its own, and ${host} can be reached from other machines: no port was opened. ` +
        "Give createBoard() auth, such as { password }, or listen on 127.0.0.1.",
    );
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const bound = server.address() as AddressInfo;
  const shown = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  const url = `http://${shown}:${bound.port}${base}`;
  return { server, address: { host: bound.address, port: bound.port, url } };
}

/** Takes no more requests, and ends those that go on, such as streams. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeAllConnections();
  await closed;
}
