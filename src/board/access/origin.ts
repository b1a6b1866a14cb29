/** Whether a change was asked for by a page of the board itself, and not by one of somebody else. */
import { BoardFailure } from "../http/answer.js";
import type { BoardSettings } from "../options.js";
import { type Entry, hostOf } from "./access.js";
import { hostName } from "./local.js";

/** A page of another origin cannot send it without asking first, and nobody is allowed here. */
export const BOARD_HEADER = "x-taskora-board";

/**
 * Refuses what a page of somebody else may have asked for.
 *
 * @param by how whoever asks is known; undefined: not yet
 * @throws {BoardFailure}
 */
export function requireOwnOrigin(
  request: Request,
  by: Entry["by"] | undefined,
  settings: Pick<BoardSettings, "allowedHosts" | "trustProxy">,
): void {
  if (request.headers.get(BOARD_HEADER) !== "1")
    throw refused("A change has to be asked for with the header X-Taskora-Board: 1.", "Send that header.");
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) {
    if (site === "same-origin") return;
    throw refused(`A page of another origin (${site.slice(0, 20)}) asked for a change.`);
  }
  const origin = request.headers.get("origin");
  if (origin === null) {
    // Nothing but a program sends a token, and it does so knowingly.
    if (by === "token") return;
    throw refused(
      "A change has to say where it comes from.",
      "Send Origin, or a token as Authorization: Bearer.",
    );
  }
  if (!isOwn(origin, request, settings))
    throw refused(
      "A page of another origin asked for a change.",
      "Behind a proxy, let it pass the Host header on, or name the public host in allowedHosts.",
    );
}

/**
 * Refuses what a page of somebody else has a browser read: it would not be shown the answer, but it could keep the store busy, and
 * take streams away from whoever is logged in. Links to the board are followed.
 *
 * @throws {BoardFailure}
 */
export function requireOwnReader({ headers }: Request): void {
  const site = headers.get("sec-fetch-site");
  const isOther = site === "cross-site" || site === "same-site";
  if (isOther && headers.get("sec-fetch-mode") !== "navigate")
    throw refused(`A page of another origin (${site}) asked.`);
}

function isOwn(
  origin: string,
  request: Request,
  { allowedHosts, trustProxy }: Pick<BoardSettings, "allowedHosts" | "trustProxy">,
): boolean {
  const [, host] = /^https?:\/\/([^/]+)$/.exec(origin) ?? [];
  if (host === undefined) return false;
  const told = trustProxy ? request.headers.get("x-forwarded-host") : null;
  return host === hostOf(request) || host === told || allowedHosts.includes(hostName(host) ?? "");
}

function refused(message: string, hint?: string): BoardFailure {
  return new BoardFailure(403, "BOARD_ORIGIN_REFUSED", { message, hint });
}
