import type { Taskora } from "../app/taskora.js";
import type { Clock } from "../core/clock.js";
import type { Access } from "./access/access.js";
import type { BoardSettings } from "./options.js";

/** What the requests of one board share. */
export interface BoardParts {
  readonly app: Taskora;
  readonly clock: Clock;
  readonly settings: BoardSettings;
  readonly access: Access;
  /** Called when the board closes. */
  onClose(end: () => void | Promise<void>): void;
}
