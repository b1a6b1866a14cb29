/** The live side of the board that a request came to. */
import { Rights } from "../access/rights.js";
import type { BoardParts } from "../board-parts.js";
import type { BoardRequest } from "../http/route.js";
import { LiveHub, type Watcher } from "./hub.js";

const hubs = new WeakMap<BoardParts, LiveHub>();

/** Made by the first request that needs it, ended with its board. */
export function hubOf(board: BoardParts): LiveHub {
  const known = hubs.get(board);
  if (known !== undefined) return known;
  const hub = new LiveHub(board);
  hubs.set(board, hub);
  board.onClose(() => hub.close());
  return hub;
}

/** What was allowed is asked again after so long. */
const ALLOWED_MS = 1000;

/** Who asks, as the hub knows them. A stream may outlive what they may see when it begins. */
export function watcherOf({ user, rights, session, board }: BoardRequest): Watcher {
  const view = JSON.stringify([user.name, user.role, user.tasks ?? null]);
  const { clock, settings } = board;
  let allowed = { rights, atMs: clock.monotonic() };
  const sees = (task: string) => {
    const nowMs = clock.monotonic();
    if (nowMs - allowed.atMs >= ALLOWED_MS)
      allowed = { rights: new Rights(user, settings.permissions), atMs: nowMs };
    return allowed.rights.sees(task);
  };
  return { view, session, sees };
}
