/** Finds the route of a path. */
import type { Route } from "./route.js";

/** A route with what its path says. */
export interface Match {
  readonly route: Route;
  /** Decoded. */
  readonly params: Readonly<Record<string, string>>;
}

interface Pattern {
  readonly route: Route;
  readonly segments: readonly string[];
}

/** Stands in a path for what no path can have: `.` and `..`, which then are in the query. */
const IN_QUERY = "_";

/** Routes by their paths; those that were given first win. */
export class Router {
  readonly #patterns: readonly Pattern[];

  constructor(routes: readonly Route[]) {
    this.#patterns = routes.map((route) => ({ route, segments: route.path.split("/").slice(1) }));
  }

  /**
   * Finds the route of a request.
   *
   * @param path with its percent signs
   * @param query may have what a path cannot: `/jobs/email.send/_?id=..`; what was taken from it is taken out
   * @returns methods of that path where it has others; undefined: nothing has that path
   */
  find(
    method: string,
    path: string,
    query: URLSearchParams,
  ): Match | { readonly allowed: readonly string[] } | undefined {
    const segments = path.split("/").slice(1);
    const found = this.#patterns.flatMap(({ route, segments: wanted }) => {
      const params = paramsOf(wanted, segments);
      return params === undefined ? [] : [{ route, params }];
    });
    const match = found.find(({ route }) => route.method === method);
    if (match !== undefined) return { ...match, params: withQuery(match.params, query) };
    return found.length === 0 ? undefined : { allowed: found.map(({ route }) => route.method) };
  }
}

function withQuery(
  params: Readonly<Record<string, string>>,
  query: URLSearchParams,
): Readonly<Record<string, string>> {
  const own = Object.entries(params).map(([name, value]) => {
    const given = value === IN_QUERY ? query.get(name) : null;
    if (given === null || given === "") return [name, value];
    query.delete(name);
    return [name, given];
  });
  return Object.fromEntries(own) as Readonly<Record<string, string>>;
}

function paramsOf(wanted: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [nth, part] of wanted.entries()) {
    const segment = given[nth] ?? "";
    if (!part.startsWith(":")) {
      if (part !== segment) return undefined;
      continue;
    }
    const value = decoded(segment);
    if (value === undefined || value === "") return undefined;
    params[part.slice(1)] = value;
  }
  return params;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
