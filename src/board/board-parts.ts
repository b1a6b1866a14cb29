import type { Taskora } from "../app/taskora.js";
import type { Clock } from "../core/clock.js";
import type { Access } from "./access/access.js";
import type { Operations } from "./bulk/operations.js";
import type { BoardSettings } from "./options.js";
import type { Redactor } from "./redact/redactor.js";

/** What the requests of one board share. */
export interface BoardParts {
  readonly app: Taskora;
  readonly clock: Clock;
  readonly settings: BoardSettings;
  readonly access: Access;
  /** Hides in whatever leaves the board; answers go through it by themselves, streams have to be sent through it. */
  readonly redactor: Redactor;
  /** Changes of many jobs that go on. */
  readonly operations: Operations;
  /** Called when the board closes. */
  onClose(end: () => void | Promise<void>): void;
}
