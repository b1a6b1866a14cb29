/** The live side of the board that a request came to. */
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

/** Who asks, as the hub knows them. */
export function watcherOf({ user, rights, session }: BoardRequest): Watcher {
  const view = JSON.stringify([user.name, user.role, user.tasks ?? null]);
  return { view, session, sees: (task) => rights.sees(task) };
}
