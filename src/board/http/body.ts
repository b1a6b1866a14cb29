/** Bodies of requests, and how large and deep they may be. */
import { BoardFailure } from "./answer.js";

const MOST_BYTES = 1 << 20;
const MOST_DEPTH = 64;
/** Of the part behind `?`, in characters. */
const MOST_QUERY = 2048;

/** @throws {BoardFailure} when it is too long */
export function requireShortQuery(url: URL): void {
  if (url.search.length <= MOST_QUERY + 1) return;
  throw new BoardFailure(414, "BOARD_REQUEST_INVALID", {
    message: `The query has ${url.search.length} characters, and may have ${MOST_QUERY}.`,
  });
}

/**
 * The body as JSON; undefined: there is none.
 *
 * @throws {BoardFailure} when it is no JSON, or too large or deep
 */
export async function readJson(request: Request): Promise<unknown> {
  const text = await readText(request);
  if (text === "") return undefined;
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw invalid(415, "The body has to be JSON, and Content-Type has to say so: application/json.");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(400, `The body is no JSON: ${(error as Error).message}`);
  }
  if (depthOf(text) > MOST_DEPTH) throw invalid(400, `The body is deeper than ${MOST_DEPTH} levels.`);
  return value;
}

async function readText(request: Request): Promise<string> {
  if (Number(request.headers.get("content-length") ?? 0) > MOST_BYTES) throw tooLarge();
  const reader = request.body?.getReader();
  if (reader === undefined) return "";
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.byteLength;
    if (bytes > MOST_BYTES) {
      await reader.cancel().catch(() => undefined);
      throw tooLarge();
    }
    parts.push(value);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** How many brackets are open at most, those in texts left out. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (isInText) {
      if (sign === "\\") at += 1;
      else if (sign === '"') isInText = false;
    } else if (sign === '"') isInText = true;
    else if (sign === "{" || sign === "[") deepest = Math.max(deepest, ++depth);
    else if (sign === "}" || sign === "]") depth -= 1;
  }
  return deepest;
}

function tooLarge(): BoardFailure {
  return invalid(413, `The body is larger than ${MOST_BYTES} bytes.`);
}

function invalid(status: number, message: string): BoardFailure {
  return new BoardFailure(status, "BOARD_REQUEST_INVALID", { message });
}
