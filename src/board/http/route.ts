/** One call of the board's HTTP API, as data: what is routed, who may ask, and what OpenAPI says of it. */
import type { Taskora } from "../../app/taskora.js";
import type { Role } from "../api.js";

/** Who is asking, and what for. */
export interface BoardUser {
  /** As the audit list names them. */
  readonly name: string;
  readonly role: Role;
  /** Patterns of tasks, such as `email.*`; undefined: all. */
  readonly tasks?: readonly string[] | undefined;
}

/** A request that was let in: its user may ask it, and its query and body were read. */
export interface BoardRequest {
  readonly app: Taskora;
  readonly user: BoardUser;
  /** Parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The body as JSON; undefined: there was none. */
  readonly body: unknown;
  /** Aborted when whoever asked has gone. */
  readonly signal: AbortSignal;
  readonly raw: Request;
}

/** A call of the API. */
export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/api/v1`, as `/tasks/:task`: a part with a colon takes one segment, percent-decoded. */
  readonly path: string;
  /** `open`: for everybody, and gives no data away. */
  readonly role: Role | "open";
  /** What it does, for the document. */
  readonly summary: string;
  /** Answers with JSON, or with a whole response; undefined: 404. */
  handle(request: BoardRequest): unknown;
}
