/** The board as a catch-all route of Next. */

/** What a `route.ts` exports. */
export interface NextHandlers {
  /** Answers pages and calls that read. */
  readonly GET: NextHandler;
  /** Answers calls that change something, as do the others. */
  readonly POST: NextHandler;
  readonly PUT: NextHandler;
  readonly PATCH: NextHandler;
  readonly DELETE: NextHandler;
}

/** Answers a request. Next gives more, which is not needed. */
export type NextHandler = (request: Request) => Promise<Response>;

/** Makes the handlers. */
export function nextHandlers(fetch: NextHandler): NextHandlers {
  const handler: NextHandler = (request) => fetch(request);
  return { GET: handler, POST: handler, PUT: handler, PATCH: handler, DELETE: handler };
}
