/** Who is let in: the one place that says who asks. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../core/clock.js";
import { ROLES, type Role } from "../api.js";
import { BoardFailure } from "../http/answer.js";
import type { Peer } from "../http/node-bridge.js";
import type { AuthenticateResult, BoardAuth, BoardSettings } from "../options.js";
import type { BoardUser } from "./board-user.js";
import { readCookies, sessionCookie } from "./cookies.js";
import { OneTimeKeys } from "./keys.js";
import { hostName, isAllowedHost, isCarried, isLoopback } from "./local.js";
import { LoginLimits } from "./login-limits.js";
import { digestOf, isPassword, isSameSecret, refusePassword } from "./passwords.js";
import { KeptSessions, type Sessions, type SessionUser, SignedSessions } from "./sessions.js";

/** Somebody who was let in. */
export interface Entry {
  readonly user: BoardUser;
  /** What proves who they are; a browser sends all but a token by itself, also for pages of others. */
  readonly by: "local" | "host-app" | "token" | "basic" | "session" | "authenticate";
  /** Names them to this process, for limits of each. */
  readonly session: string;
  /** A cookie to be set with the answer. */
  readonly cookie?: string;
}

/** A request with what only its socket knows. */
export interface AskedRequest {
  readonly request: Request;
  readonly peer: Peer;
}

/** Names what let somebody in, such as a password. */
type StampOf = (kind: "password" | "user", secret: string) => string;

/** Of the password without a name. */
const PASSWORD_USER = "admin";
/** Of who opened a URL that was printed, or sits at this machine. */
const LOCAL_USER = "local";

/** Tells who asks, and logs people in and out. */
export class Access {
  readonly #settings: BoardSettings;
  readonly #limits: LoginLimits;
  readonly #sessions: Sessions;
  readonly #keys: OneTimeKeys;
  /** Stamps tell nothing of the passwords that they are of: they may stand in cookies. */
  readonly #stampKey: string | Buffer;
  #isUnknownSaid = false;

  constructor(settings: BoardSettings, clock: Clock) {
    this.#settings = settings;
    this.#limits = new LoginLimits(clock);
    const { sessionSecret } = settings;
    this.#sessions =
      sessionSecret === undefined ? new KeptSessions(clock) : new SignedSessions(sessionSecret, clock);
    this.#keys = new OneTimeKeys(clock);
    this.#stampKey = sessionSecret ?? randomBytes(32);
  }

  /** Whether a page asks for a password. */
  get hasLogin(): boolean {
    return this.#auth?.password !== undefined || this.#auth?.users !== undefined;
  }

  /** Whether everybody is let in whom a socket, or the application, vouches for. */
  get isOpen(): boolean {
    return this.#settings.auth === undefined;
  }

  get #auth(): BoardAuth | undefined {
    const { auth } = this.#settings;
    return auth === "host-app" ? undefined : auth;
  }

  /**
   * Who asks.
   *
   * @throws {BoardFailure} nobody who is known
   * @returns a response of the application in place of somebody
   */
  async enter(asked: AskedRequest): Promise<Entry | Response> {
    const { auth } = this.#settings;
    const fromSession = this.#sessionOf(asked.request);
    if (fromSession !== undefined) return fromSession;
    if (auth === undefined) return this.#local(asked);
    if (auth === "host-app")
      return { user: { name: "host-app", role: "admin" }, by: "host-app", session: "host-app" };
    const scheme = /^(bearer|basic) +(\S+)$/i.exec(asked.request.headers.get("authorization") ?? "");
    if (scheme?.[1]?.toLowerCase() === "bearer") return this.#byToken(scheme[2] ?? "");
    if (scheme?.[1]?.toLowerCase() === "basic" && auth.basic !== undefined)
      return this.#byBasic(asked, scheme[2] ?? "");
    if (auth.authenticate !== undefined) {
      const found = await auth.authenticate(asked.request);
      if (found instanceof Response) return found;
      if (found !== null) return authenticated(found);
    }
    throw this.#unknown();
  }

  /**
   * Lets somebody in by name and password.
   *
   * @returns the cookie of their session
   * @throws {BoardFailure} they are wrong, or were tried too often
   */
  async login(asked: AskedRequest, given: { readonly user?: string | undefined; readonly password: string }) {
    const auth = this.#auth;
    if (auth === undefined || !this.hasLogin)
      throw new BoardFailure(404, "BOARD_NOT_FOUND", {
        message: "This board has no login.",
        hint: "It knows people by other means: see auth of createBoard().",
      });
    const address = this.addressOf(asked);
    this.#requireTry(address);
    const user = await checkLogin(auth, given, this.#stampOf);
    if (user === undefined)
      throw new BoardFailure(401, "BOARD_LOGIN_FAILED", { message: "The name or the password is wrong." });
    this.#limits.takeBack(address);
    return this.#cookie(asked.request, this.#sessions.begin(user));
  }

  /**
   * Whether somebody who was let in would be let in still, as the same: a stream goes on for as long. Counts as a request.
   *
   * @param entry as {@link enter} gave it
   */
  async isStill({ request }: AskedRequest, { user, by }: Pick<Entry, "user" | "by">): Promise<boolean> {
    if (by === "session")
      return this.#cookiesOf(request).some((cookie) => {
        const session = this.#sessions.goesOn(cookie);
        return session !== undefined && isSame(currentUser(session, this.#auth, this.#stampOf), user);
      });
    if (by !== "authenticate") return true;
    const found = await this.#auth?.authenticate?.(request);
    if (found === undefined || found === null || found instanceof Response) return false;
    return isSame(authenticated(found).user, user);
  }

  /** Ends the session of a request. @returns a cookie that takes the place of its own */
  logout(request: Request): string {
    for (const cookie of this.#cookiesOf(request)) this.#sessions.end(cookie);
    return this.#cookie(request, undefined);
  }

  /** A key that lets somebody in once. */
  makeKey(role: Role): string {
    return this.#keys.make(role);
  }

  /** @returns the cookie of a session for a key; undefined: it is of no use */
  takeKey(request: Request, key: string): string | undefined {
    const role = this.#keys.take(key);
    if (role === undefined) return undefined;
    const user = { name: LOCAL_USER, role, stamp: "key:" };
    return this.#cookie(request, this.#sessions.begin(user));
  }

  /** Where a request comes from: by its socket, or by the proxy that is trusted. */
  addressOf({ request, peer }: AskedRequest): string | undefined {
    const last = request.headers.get("x-forwarded-for")?.split(",").at(-1)?.trim();
    const carried = this.#settings.trustProxy && last !== "" ? last : undefined;
    return (carried ?? peer.address ?? peer.told)?.replace(/^::ffff:/, "");
  }

  /** Ends what this process keeps. */
  close(): void {
    this.#sessions.endAll();
  }

  #sessionOf(request: Request): Entry | undefined {
    for (const cookie of this.#cookiesOf(request)) {
      const session = this.#sessions.find(cookie);
      const user = session && currentUser(session.user, this.#auth, this.#stampOf);
      if (session === undefined || user === undefined) continue;
      const { id, renewed } = session;
      return {
        ...{ user, by: "session", session: id },
        ...(renewed === undefined ? {} : { cookie: this.#cookie(request, renewed) }),
      };
    }
    return undefined;
  }

  #local({ request, peer }: AskedRequest): Entry {
    const name = hostName(hostOf(request));
    if (!isAllowedHost(name, this.#settings.allowedHosts))
      throw new BoardFailure(403, "BOARD_HOST_REFUSED", {
        message: "The board was asked under a name that is not this machine's.",
        hint: "Ask it as localhost, give createBoard() auth, or name the host in allowedHosts.",
      });
    if (!isLoopback(peer.address) || peer.version === "1.0" || isCarried(request.headers))
      throw new BoardFailure(401, "BOARD_AUTH_REQUIRED", {
        message: "The board has no auth, so it answers only who asks on its own machine, and no proxy.",
        hint: 'Give createBoard() auth, such as { password }; "host-app" where the application guards it.',
      });
    return { user: { name: LOCAL_USER, role: "admin" }, by: "local", session: "local" };
  }

  #byToken(given: string): Entry {
    const { token } = this.#auth ?? {};
    const known =
      typeof token === "string" ? [{ name: "token", token, role: "admin" as const }] : (token ?? []);
    const found = known.find((each) =>
      "sha256" in each && each.sha256 !== undefined
        ? timingSafeEqual(digestOf(given), Buffer.from(each.sha256, "hex"))
        : isSameSecret(given, digestOf(each.token ?? "")),
    );
    if (found === undefined) throw this.#unknown("The token is none that this board knows.");
    const { name, role } = found;
    const tasks = "tasks" in found ? found.tasks : undefined;
    return { user: { name, role, tasks }, by: "token", session: `token ${name}` };
  }

  /** Every request bears the password, so that wrong ones are counted, and nobody who was blocked is heard. */
  #byBasic(asked: AskedRequest, given: string): Entry {
    const basic = this.#auth?.basic;
    const address = this.addressOf(asked);
    const waitMs = this.#limits.waitOf(address);
    if (waitMs > 0) throw tooManyLogins(waitMs);
    const [, user = "", password = ""] =
      /^([^:]*):([\s\S]*)$/.exec(Buffer.from(given, "base64").toString()) ?? [];
    const isUser = isSameSecret(user, digestOf(basic?.user ?? ""));
    const isKnown = isSameSecret(password, digestOf(basic?.password ?? "")) && isUser;
    if (!isKnown || basic === undefined) {
      this.#requireTry(address);
      throw this.#unknown("The name or the password is wrong.");
    }
    return { user: { name: user, role: basic.role ?? "admin" }, by: "basic", session: `basic ${user}` };
  }

  #requireTry(address: string | undefined): void {
    if (address === undefined) this.#sayUnknown();
    const waitMs = this.#limits.take(address);
    if (waitMs > 0) throw tooManyLogins(waitMs);
  }

  #sayUnknown(): void {
    if (this.#isUnknownSaid) return;
    this.#isUnknownSaid = true;
    this.#settings.write(
      "warn",
      "The board does not know where those who log in come from, so that all share one limit. Give board.fetch() what the runtime " +
        "hands on beside a request, or set trustProxy behind a proxy.",
    );
  }

  #unknown(message = "Nobody that this board knows asks."): BoardFailure {
    const headers = this.#auth?.basic === undefined ? {} : { "www-authenticate": 'Basic realm="taskora"' };
    const hint = this.hasLogin
      ? "Log in."
      : this.#auth?.oneTimeUrl === true
        ? "Open the URL that was printed when the board started; it works once. Start the board again for another."
        : undefined;
    return new BoardFailure(401, "BOARD_AUTH_REQUIRED", { message, hint, headers });
  }

  readonly #stampOf: StampOf = (kind, secret) =>
    `${kind}:${createHmac("sha256", this.#stampKey).update(`taskora board stamp ${kind} ${secret}`).digest("base64url")}`;

  #cookiesOf(request: Request): readonly string[] {
    return readCookies(request.headers.get("cookie"), cookieName(request));
  }

  #cookie(request: Request, value: string | undefined): string {
    const { base, trustProxy } = this.#settings;
    const told = trustProxy ? request.headers.get("x-forwarded-proto") : null;
    const isSecure = (told ?? new URL(request.url).protocol.slice(0, -1)) === "https";
    return sessionCookie({ name: cookieName(request), value, path: base, isSecure });
  }
}

/** What a request says that it asks. */
export function hostOf(request: Request): string {
  return request.headers.get("host") ?? new URL(request.url).host;
}

/** Browsers keep cookies by name and host, whatever the port: two boards of a machine must not take each other's. */
function cookieName(request: Request): string {
  const [, port] = /:(\d+)$/.exec(hostOf(request)) ?? [];
  return port === undefined ? "taskora-board" : `taskora-board-${port}`;
}

function tooManyLogins(waitMs: number): BoardFailure {
  const seconds = Math.ceil(waitMs / 1000);
  return new BoardFailure(429, "BOARD_TOO_MANY", {
    message: `There were too many logins. Try again in ${seconds} s.`,
    headers: { "retry-after": String(seconds) },
  });
}

async function checkLogin(
  auth: BoardAuth,
  { user: name, password }: { readonly user?: string | undefined; readonly password: string },
  stampOf: StampOf,
): Promise<SessionUser | undefined> {
  if ((name === undefined || name === "") && auth.password !== undefined) {
    const isRight = isSameSecret(password, digestOf(auth.password));
    return isRight
      ? { name: PASSWORD_USER, role: "admin", stamp: stampOf("password", auth.password) }
      : undefined;
  }
  const user = auth.users?.find((each) => each.name === name);
  const isRight = await (user === undefined ? refusePassword(password) : isPassword(password, user.hash));
  if (user === undefined || !isRight) return undefined;
  return { name: user.name, role: user.role, stamp: stampOf("user", user.hash) };
}

function isSame(a: BoardUser | undefined, b: BoardUser): boolean {
  const parts = ({ name, role, tasks = [] }: BoardUser) => JSON.stringify([name, role, tasks]);
  return a !== undefined && parts(a) === parts(b);
}

/** Who a session stands for now: whoever was taken out, or has another password, has to log in again. */
function currentUser(
  { name, role, stamp }: SessionUser,
  auth: BoardAuth | undefined,
  stampOf: StampOf,
): BoardUser | undefined {
  if (stamp === "key:") return { name, role };
  if (auth?.password !== undefined && stamp === stampOf("password", auth.password)) return { name, role };
  const user = auth?.users?.find((each) => each.name === name);
  if (user === undefined || stamp !== stampOf("user", user.hash)) return undefined;
  return { name, role: user.role, tasks: user.tasks };
}

function authenticated({ user: name, role, tasks }: Exclude<AuthenticateResult, Response | null>): Entry {
  if (typeof name !== "string" || name === "" || !ROLES.includes(role))
    throw new BoardFailure(500, "BOARD_UNAVAILABLE", {
      message: "authenticate() gave neither { user, role }, nor a Response, nor null.",
      hint: `A role is one of ${ROLES.join(", ")}.`,
    });
  return { user: { name, role, tasks }, by: "authenticate", session: `user ${name}` };
}
