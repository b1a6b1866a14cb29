/** The pages of the board, out of the module that carries them. */
import { gunzipSync } from "node:zlib";
import { FILES } from "./files.generated.js";

/** Names hold a hash of what is in the file. */
const FOR_EVER = "public, max-age=31536000, immutable";
const INDEX = "index.html";

/**
 * Answers a request for a page or a file of one.
 *
 * @param path below the board, such as `/assets/index-B8x.js`
 * @param base where the board is, such as `/jobs`; empty: at the root
 * @returns undefined: nothing of that name is there, and the request does not ask for a page
 */
export function pageOrFile(request: Request, path: string, base: string): Response | undefined {
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  if (path.startsWith("/assets/")) return fileOf(request, path.slice(1));
  const accepts = request.headers.get("accept") ?? "";
  if (!/text\/html|\*\/\*/.test(accepts)) return undefined;
  return page(base);
}

function fileOf(request: Request, name: string): Response | undefined {
  const file = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (file === undefined) return undefined;
  const zipped = Buffer.from(file.gzip, "base64");
  const isZipped = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  const body = isZipped ? zipped : gunzipSync(zipped);
  return new Response(request.method === "HEAD" ? null : new Uint8Array(body), {
    headers: {
      "content-type": file.type,
      "cache-control": FOR_EVER,
      "content-length": String(body.length),
      vary: "accept-encoding",
      ...(isZipped ? { "content-encoding": "gzip" } : {}),
    },
  });
}

function page(base: string): Response {
  const file = FILES[INDEX];
  if (file === undefined) throw new Error("The pages of the board are not built. Run npm run build:board.");
  const text = gunzipSync(Buffer.from(file.gzip, "base64"))
    .toString("utf8")
    .replace('<meta name="taskora-board" content="', `$&${escaped(base)}`)
    .replaceAll('"./', `"${escaped(base)}/`);
  return new Response(text, { headers: { "content-type": file.type, "cache-control": "no-store" } });
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
