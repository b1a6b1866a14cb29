/** Who may see the board: by HTTP Basic, so that the examples need no page to log in; yours has sessions. */
import { timingSafeEqual } from "node:crypto";

const PASSWORD = process.env.BOARD_PASSWORD ?? "lovelace";
const ADA = Buffer.from(`Basic ${Buffer.from(`ada:${PASSWORD}`).toString("base64")}`);

/** Whether an `Authorization` header is Ada's. */
export function isAda(authorization: string | null | undefined): boolean {
  const given = Buffer.from(authorization ?? "");
  return given.length === ADA.length && timingSafeEqual(given, ADA);
}

/** What makes a browser ask for name and password. */
export const ASK = { "www-authenticate": 'Basic realm="shop"' };
