/** One call of the board's HTTP API, as data: what is routed, who may ask, and what OpenAPI says of it. */
import type { Taskora } from "../../app/taskora.js";
import type { Entry } from "../access/access.js";
import type { BoardUser } from "../access/board-user.js";
import type { Rights } from "../access/rights.js";
import type { Role } from "../api.js";
import type { BoardParts } from "../board-parts.js";
import type { Fields, FieldValues } from "./fields.js";

export type { BoardUser } from "../access/board-user.js";

/** A request that was let in: its user may ask it, and its query and body were read. */
export interface BoardRequest<Query extends Fields = Fields, Body extends Fields = Fields> {
  readonly app: Taskora;
  /** What the requests of a board share. */
  readonly board: BoardParts;
  readonly user: BoardUser;
  /** What they may do and see. */
  readonly rights: Rights;
  /** Names them to this process, for limits of each. */
  readonly session: string;
  /** How they are known, such as `"session"` or `"token"`. */
  readonly knownBy: Entry["by"];
  /** Where the request comes from; undefined: it is not known. */
  readonly address: string | undefined;
  /** Parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** As it was sent. */
  readonly query: URLSearchParams;
  /** The query as its fields say. */
  readonly asked: FieldValues<Query>;
  /** The body as its fields say. */
  readonly body: FieldValues<Body>;
  /** Aborted when whoever asked has gone. */
  readonly signal: AbortSignal;
  readonly raw: Request;
}

/** A call of the API. */
export interface Route<Query extends Fields = Fields, Body extends Fields = Fields> {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/api/v1`, as `/tasks/:task`: a part with a colon takes one segment, percent-decoded. */
  readonly path: string;
  /** `open`: for everybody, and gives no data away. */
  readonly role: Role | "open";
  /** What permissions are asked about, as the audit list calls it. Default: `"read"`. */
  readonly action?: string;
  /** What it does, for the document. */
  readonly summary: string;
  /** Default: whatever there is, which the handler reads. */
  readonly query?: Query;
  readonly body?: Body;
  /** Name of the shape that it answers, in `schemas.ts`; undefined: something that is no JSON. */
  readonly answers?: string;
  /** Status of an answer that is no failure. Default 200. */
  readonly status?: number;
  /** Answers with JSON, or with a whole response; undefined: 404. */
  handle(request: BoardRequest<Query, Body>): unknown;
}

/** Declares a call, with what its handler is given by its fields. */
export function route<const Query extends Fields = Fields, const Body extends Fields = Fields>(
  declared: Route<Query, Body>,
): Route {
  return declared as unknown as Route;
}
