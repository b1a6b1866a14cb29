/** What is used of a request of `node:http` and of its answer: who compiles against the board needs no types of Node. */

/** A request of `node:http`, or of what is built on it. */
export interface NodeRequestLike {
  /** As `GET`. */
  readonly method?: string | undefined;
  /** The path with its query. */
  readonly url?: string | undefined;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The connection it came by. */
  readonly socket: object;
}

/** The answer of `node:http` to a request, or of what is built on it. */
export interface NodeResponseLike {
  /** As 200. */
  statusCode: number;
  /** Sets a header of the answer. */
  setHeader(name: string, value: string | number | readonly string[]): unknown;
  /** Sends the answer. */
  end(): unknown;
}
