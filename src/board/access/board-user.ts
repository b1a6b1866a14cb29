import type { Role } from "../api.js";

/** Who is asking. */
export interface BoardUser {
  /** As the audit list names them. */
  readonly name: string;
  readonly role: Role;
  /** Patterns of tasks, such as `email.*`; undefined: all. */
  readonly tasks?: readonly string[] | undefined;
}
