/** What a board is made with. */
import { type Logger, lineWriter, type WriteLine } from "../app/logger.js";
import { aFunction, listOf, oneOf, someText, text, trueOrFalse } from "../core/checks.js";
import { OptionError } from "../core/errors.js";
import { type Check, describe, optionSet, required } from "../core/options.js";
import { taskPatterns } from "../core/task-patterns.js";
import type { BoardUser } from "./access/board-user.js";
import { passwordHash } from "./access/passwords.js";
import { ROLES, type Role } from "./api.js";

/** Somebody who logs in on a page of the board. */
export interface BoardLogin {
  readonly name: string;
  /** What `taskora board hash`, or {@link hashPassword}, gave for their password. */
  readonly hash: string;
  readonly role: Role;
  /** Patterns of the tasks whose jobs they see, such as `email.*`. Default: all. */
  readonly tasks?: readonly string[] | undefined;
}

/** A program that sends `Authorization: Bearer …`. */
export interface BoardToken {
  /** As the audit list names it. */
  readonly name: string;
  /** The token itself, 16 characters or more; or `sha256`. */
  readonly token?: string | undefined;
  /** Its SHA-256 in hex, so that it stands in no file. */
  readonly sha256?: string | undefined;
  readonly role: Role;
  /** As {@link BoardLogin.tasks}. */
  readonly tasks?: readonly string[] | undefined;
}

/** Whom {@link BoardAuth.authenticate} found. */
export interface AuthenticatedUser {
  /** As the audit list names them. */
  readonly user: string;
  readonly role: Role;
  /** As {@link BoardLogin.tasks}. */
  readonly tasks?: readonly string[] | undefined;
}

/** Who is let in; several ways may stand beside each other. */
export interface BoardAuth {
  /** A page asks for it; whoever knows it is `admin`. */
  readonly password?: string | undefined;
  /** A page asks for name and password. */
  readonly users?: readonly BoardLogin[] | undefined;
  /** The browser itself asks, as by HTTP Basic. Default role: `admin`. */
  readonly basic?:
    | { readonly user: string; readonly password: string; readonly role?: Role | undefined }
    | undefined;
  /** For programs: one token, whose role is `admin`, or several. Default: the environment's `TASKORA_BOARD_TOKEN`. */
  readonly token?: string | readonly BoardToken[] | undefined;
  /** Nobody but who opens a URL of {@link Board.oneTimeUrl}. */
  readonly oneTimeUrl?: true | undefined;
  /**
   * For sessions of the application, or of an identity provider: says who asks. A response, such as a redirect to a login, is sent
   * as it is; `null` refuses.
   */
  readonly authenticate?:
    | ((request: Request) => AuthenticateResult | Promise<AuthenticateResult>)
    | undefined;
}

/** What {@link BoardAuth.authenticate} may say. */
export type AuthenticateResult = AuthenticatedUser | Response | null;

/** Says what of what a role may do somebody may do: see {@link BoardOptions.permissions}. */
export type BoardPermissions = (user: BoardUser, action: string, task: string | undefined) => boolean;

/** What is not shown beside what contracts call sensitive. */
export interface RedactOptions {
  /**
   * Paths in data, results, progress and the fields of log lines, such as `user.email`; `*` is any one key, `**` any number of
   * them. Lists are gone through. Default: none.
   */
  readonly paths?: readonly string[] | undefined;
  /** Words in keys, capitals or not, that hide what is below. Default: `password`, `token`, `secret` and the like. */
  readonly keys?: readonly string[] | undefined;
}

/** How a board is reached, and by whom. */
export interface BoardOptions {
  /** Where its pages are, such as `/jobs`. Default: at the root. */
  readonly path?: string | undefined;
  /**
   * Who is let in. Without it only requests that come from this machine, by their socket's own word, to a local name, carried by
   * nobody: they are `admin`. `"host-app"`: everybody whom the application lets through to the board is `admin`; guard it.
   */
  readonly auth?: BoardAuth | "host-app" | undefined;
  /** Names beside `localhost` under which the board is asked without `auth`, and from whose pages it is changed. Default: none. */
  readonly allowedHosts?: readonly string[] | undefined;
  /**
   * One proxy stands before the board and sets `X-Forwarded-For` and `X-Forwarded-Proto`: the last address there is that of who
   * asks, for login limits and audit. Default false: what these headers say is not believed.
   */
  readonly trustProxy?: boolean | undefined;
  /**
   * Refines what roles may do, for each action and task: `"read"`, or what the audit list calls it, such as `"job.retry"`. False
   * refuses. Default: what the role may.
   */
  readonly permissions?: BoardPermissions | undefined;
  /** What is hidden from everybody, as paths, or with words of keys too. Default: keys such as `password` and `token`. */
  readonly redact?: readonly string[] | RedactOptions | undefined;
  /** Signs sessions, 32 characters or more: several processes with the same one know each other's. Default: each keeps its own. */
  readonly sessionSecret?: string | undefined;
  /** Where traces are shown, with `{traceId}` in it, such as `https://tempo.example/trace/{traceId}`. Default: nowhere. */
  readonly traceUrl?: string | undefined;
  /** Where the board says what should be known, such as that `auth` is left to the application. Default: `console`. */
  readonly logger?: Logger | false | undefined;
}

/** What is asked where a board has no permissions of its own: a role may do what it may. */
export const EVERYTHING: BoardPermissions = () => true;

const role = oneOf(ROLES);
const MIN_TOKEN = 16;
const MIN_SECRET = 32;

function longText(min: number): Check<string> {
  return (value, option) => {
    if (typeof value === "string" && value.length >= min) return value;
    throw new OptionError(`expected ${option} to be text of ${min} characters or more, got something else`, {
      option,
    });
  };
}

const sha256: Check<string> = (value, option) => {
  if (typeof value === "string" && /^[0-9a-f]{64}$/i.test(value)) return value.toLowerCase();
  throw new OptionError(`expected ${option} to be 64 hex digits, got something else`, { option });
};

const LOGIN = optionSet({
  ...{ name: required(someText), hash: required(passwordHash) },
  ...{ role: required(role), tasks: taskPatterns },
});
const TOKEN = optionSet({
  ...{ name: required(someText), token: longText(MIN_TOKEN), sha256 },
  ...{ role: required(role), tasks: taskPatterns },
});
const BASIC = optionSet({ user: required(someText), password: required(someText), role });

const tokens: Check<string | readonly BoardToken[]> = (value, option) =>
  Array.isArray(value) ? listOf<BoardToken>(oneToken)(value, option) : longText(MIN_TOKEN)(value, option);

const oneToken: Check<BoardToken> = (value, option) => {
  const given = TOKEN.nested(value, option);
  if ((given.token === undefined) !== (given.sha256 === undefined)) return given;
  throw new OptionError(`expected ${option} to have token or sha256, got both or none`, { option });
};

const onlyTrue: Check<true> = (value, option) => {
  if (value === true) return value;
  throw new OptionError(`expected ${option} to be true or left out, got ${describe(value)}`, { option });
};

const AUTH = optionSet({
  password: someText,
  users: listOf<BoardLogin>(LOGIN.nested),
  basic: BASIC.nested,
  token: tokens,
  oneTimeUrl: onlyTrue,
  authenticate: aFunction<NonNullable<BoardAuth["authenticate"]>>(),
} satisfies { readonly [Key in keyof Required<BoardAuth>]: Check<unknown> });

const auth: Check<BoardAuth | "host-app"> = (value, option) => {
  if (value === "host-app") return value;
  if (typeof value === "string")
    throw new OptionError(`expected ${option} to be an object such as { password }, or "host-app"`, {
      option,
    });
  const given = AUTH.nested(value, option);
  if (Object.values(given).some((way) => way !== undefined)) return given;
  throw new OptionError(
    `expected ${option} to name a way in, such as { password }, got none. Is a variable of the environment not set?`,
    { option },
  );
};

const REDACT = optionSet({ paths: listOf(someText), keys: listOf(someText) } satisfies {
  readonly [Key in keyof Required<RedactOptions>]: Check<unknown>;
});
const redact: Check<RedactOptions> = (value, option) =>
  Array.isArray(value) ? { paths: listOf(someText)(value, option) } : REDACT.nested(value, option);

const hosts: Check<readonly string[]> = (value, option) =>
  listOf(someText)(value, option).map((name) => name.toLowerCase());

const basePath: Check<string> = (value, option) => {
  const given = text(value, option).replace(/\/+$/, "");
  if (given === "" || /^(\/[\w.~-]+)+$/.test(given)) return given;
  throw new OptionError(
    `expected ${option} to be a path such as "/jobs", of letters, digits and . _ ~ -, got ${describe(value)}`,
    { option },
  );
};

const traceUrl: Check<string> = (value, option) => {
  const given = text(value, option);
  if (/^https?:\/\//.test(given) && given.includes("{traceId}")) return given;
  throw new OptionError(`expected ${option} to be a URL with {traceId} in it, got ${describe(value)}`, {
    option,
  });
};

const writer: Check<WriteLine> = (value) => (value === false ? () => undefined : lineWriter(value as Logger));

const OPTIONS = optionSet({
  ...{ path: basePath, auth, allowedHosts: hosts, trustProxy: trueOrFalse },
  permissions: aFunction<BoardPermissions>(),
  ...{ redact, sessionSecret: longText(MIN_SECRET), traceUrl, logger: writer },
} satisfies { readonly [Key in keyof Required<BoardOptions>]: Check<unknown> });

/** The options of a board, read. */
export interface BoardSettings {
  /** `""`: at the root. */
  readonly base: string;
  readonly auth: BoardAuth | "host-app" | undefined;
  readonly allowedHosts: readonly string[];
  readonly trustProxy: boolean;
  readonly permissions: BoardPermissions;
  readonly redact: RedactOptions;
  readonly sessionSecret: string | undefined;
  readonly traceUrl: string | undefined;
  readonly write: WriteLine;
}

/**
 * Reads the options of a board.
 *
 * @throws {OptionError}
 */
export function readBoardOptions(options: BoardOptions): BoardSettings {
  const given = OPTIONS.read(options, "createBoard()");
  const { path = "", allowedHosts = [], trustProxy = false, sessionSecret, traceUrl: traces } = given;
  return {
    ...{ base: path, allowedHosts, trustProxy, sessionSecret, traceUrl: traces },
    auth: withEnvironment(given.auth),
    permissions: given.permissions ?? EVERYTHING,
    redact: given.redact ?? {},
    write: given.logger ?? lineWriter(console),
  };
}

/** A token of the environment lets programs in, and closes what is open on this machine else. */
function withEnvironment(given: BoardAuth | "host-app" | undefined): BoardAuth | "host-app" | undefined {
  const token = process.env.TASKORA_BOARD_TOKEN;
  if (token === undefined || token === "" || given === "host-app") return given;
  if (given?.token !== undefined) return given;
  return { ...given, token: longText(MIN_TOKEN)(token, "TASKORA_BOARD_TOKEN") };
}
