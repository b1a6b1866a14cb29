/** Who has logged in: a random word in a cookie, or a signed one where several processes share a secret. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../core/clock.js";
import type { Role } from "../api.js";
import { ROLES } from "../api.js";
import { digestOf } from "./passwords.js";

/** From the login on, whatever happens. */
export const SESSION_MS = 12 * 3_600_000;
/** Without a request. */
export const IDLE_MS = 3_600_000;
/** A signed cookie is written again when it is older than this, so that it tells when it was used last. */
const RENEW_MS = 5 * 60_000;
/** The oldest is ended for another. */
const MOST_SESSIONS = 10_000;

/** What a session stands for. */
export interface SessionUser {
  readonly name: string;
  readonly role: Role;
  /** Of what let them in, such as their password: a session of another ends. */
  readonly stamp: string;
}

/** A session that goes on. */
export interface LiveSession {
  /** Names it to this process, and is of no use elsewhere. */
  readonly id: string;
  readonly user: SessionUser;
  /** What the cookie has to be from now on; undefined: it stays. */
  readonly renewed?: string;
}

interface KeptSession {
  readonly user: SessionUser;
  readonly begunAt: number;
  seenAt: number;
}

/** Makes, finds and ends sessions. */
export interface Sessions {
  /** @returns what the cookie has to be */
  begin(user: SessionUser): string;
  find(cookie: string): LiveSession | undefined;
  /** Who goes on by a request that began before and has not ended, such as a stream: as if they asked all the time. */
  goesOn(cookie: string): SessionUser | undefined;
  end(cookie: string): void;
  endAll(): void;
}

/** Sessions that this process keeps; it ends them when it ends. */
export class KeptSessions implements Sessions {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #byId = new Map<string, KeptSession>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  begin(user: SessionUser): string {
    const cookie = randomBytes(32).toString("base64url");
    const now = this.#clock.monotonic();
    this.#byId.set(idOf(cookie), { user, begunAt: now, seenAt: now });
    if (this.#byId.size > MOST_SESSIONS) {
      const [oldest = ""] = this.#byId.keys();
      this.#byId.delete(oldest);
    }
    return cookie;
  }

  find(cookie: string): LiveSession | undefined {
    const id = idOf(cookie);
    const session = this.#byId.get(id);
    if (session === undefined) return undefined;
    const now = this.#clock.monotonic();
    if (now - session.begunAt > SESSION_MS || now - session.seenAt > IDLE_MS) {
      this.#byId.delete(id);
      return undefined;
    }
    session.seenAt = now;
    return { id, user: session.user };
  }

  goesOn(cookie: string): SessionUser | undefined {
    const session = this.#byId.get(idOf(cookie));
    const now = this.#clock.monotonic();
    if (session === undefined || now - session.begunAt > SESSION_MS) return undefined;
    session.seenAt = now;
    return session.user;
  }

  end(cookie: string): void {
    this.#byId.delete(idOf(cookie));
  }

  endAll(): void {
    this.#byId.clear();
  }
}

/** What is kept is looked up by its digest: how long that takes tells nothing of a cookie. */
function idOf(cookie: string): string {
  return digestOf(cookie).toString("base64url");
}

interface SignedContent {
  readonly user: SessionUser;
  /** Names the session: it stays when the cookie is renewed. */
  readonly id: string;
  /** ms since the epoch. */
  readonly begunAt: number;
  readonly seenAt: number;
}

/** Sessions that stand in their cookies: every process with the same secret knows them. */
export class SignedSessions implements Sessions {
  readonly #secret: string;
  readonly #clock: Pick<Clock, "now">;
  /** Those that were ended here, until they would have ended anyway. */
  readonly #ended = new Map<string, number>();

  constructor(secret: string, clock: Pick<Clock, "now">) {
    this.#secret = secret;
    this.#clock = clock;
  }

  begin(user: SessionUser): string {
    const now = this.#now();
    return this.#sign({ user, id: randomBytes(16).toString("base64url"), begunAt: now, seenAt: now });
  }

  find(cookie: string): LiveSession | undefined {
    const content = this.#read(cookie);
    if (content === undefined || this.#ended.has(content.id)) return undefined;
    const now = this.#now();
    if (now - content.begunAt > SESSION_MS || now - content.seenAt > IDLE_MS) return undefined;
    const { id, user, seenAt } = content;
    if (now - seenAt < RENEW_MS) return { id, user };
    return { id, user, renewed: this.#sign({ ...content, seenAt: now }) };
  }

  goesOn(cookie: string): SessionUser | undefined {
    const content = this.#read(cookie);
    if (content === undefined || this.#ended.has(content.id)) return undefined;
    return this.#now() - content.begunAt > SESSION_MS ? undefined : content.user;
  }

  end(cookie: string): void {
    const content = this.#read(cookie);
    if (content === undefined) return;
    const now = this.#now();
    for (const [id, begunAt] of this.#ended) if (now - begunAt > SESSION_MS) this.#ended.delete(id);
    this.#ended.set(content.id, content.begunAt);
  }

  #now(): number {
    return this.#clock.now();
  }

  endAll(): void {
    // They go on in other processes; that is what they are for.
  }

  #sign(content: SignedContent): string {
    const text = Buffer.from(JSON.stringify(content)).toString("base64url");
    return `${text}.${this.#mac(text).toString("base64url")}`;
  }

  #read(cookie: string): SignedContent | undefined {
    const [text = "", given = ""] = cookie.split(".");
    const mac = Buffer.from(given, "base64url");
    const wanted = this.#mac(text);
    if (mac.length !== wanted.length || !timingSafeEqual(mac, wanted)) return undefined;
    const content = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as SignedContent;
    return ROLES.includes(content.user.role) ? content : undefined;
  }

  #mac(text: string): Buffer {
    return createHmac("sha256", this.#secret).update(`taskora board session ${text}`).digest();
  }
}
