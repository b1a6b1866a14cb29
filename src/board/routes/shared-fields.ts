/** What many calls take. */
import { whole, words } from "../http/fields.js";
import type { BoardRequest } from "../http/route.js";

/** A page of a list. */
export const PAGE = {
  cursor: words("Of a page before.", 1000),
  limit: whole("Most items of a page. Default 100.", 1, 1000),
};

/** Why something is changed. */
export const REASON = { reason: words("Why, for the audit list.", 1000) };

/** Who changes something, from where, and why: they are who asks, whatever the request says. */
export function said({ user, body, address }: Pick<BoardRequest, "user" | "body" | "address">): {
  readonly by: string;
  readonly address?: string;
  readonly reason?: string;
} {
  const { reason } = body;
  return {
    by: user.name,
    ...(address === undefined ? {} : { address }),
    ...(typeof reason === "string" && reason !== "" ? { reason } : {}),
  };
}
