/** Keys of URLs that let somebody in once. */
import { randomBytes } from "node:crypto";
import type { Clock } from "../../core/clock.js";
import type { Role } from "../api.js";
import { digestOf } from "./passwords.js";

/** As long as a session. */
const KEY_MS = 12 * 3_600_000;
const MOST_KEYS = 100;

/** Each is of use once. */
export class OneTimeKeys {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #roles = new Map<string, { readonly role: Role; readonly madeAt: number }>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  make(role: Role): string {
    const key = randomBytes(16).toString("base64url");
    this.#roles.set(digestOf(key).toString("base64url"), { role, madeAt: this.#clock.monotonic() });
    if (this.#roles.size > MOST_KEYS) {
      const [oldest = ""] = this.#roles.keys();
      this.#roles.delete(oldest);
    }
    return key;
  }

  /** What a key lets one do; it is dead from then on. */
  take(key: string): Role | undefined {
    const id = digestOf(key).toString("base64url");
    const made = this.#roles.get(id);
    this.#roles.delete(id);
    if (made === undefined || this.#clock.monotonic() - made.madeAt > KEY_MS) return undefined;
    return made.role;
  }
}
