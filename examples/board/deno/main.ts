import { createBoard } from "taskora/board";
import { closeOnSignals, PORT, say } from "../closing.ts";
import { ASK, isAda } from "../guard.ts";
import { openShop, taskora } from "../shop.ts";

const board = createBoard(taskora, { path: "/jobs", auth: "host-app" });

await openShop();
const server = Deno.serve({ port: PORT, hostname: "127.0.0.1", onListen: say }, (request, info) => {
  const { pathname } = new URL(request.url);
  if (pathname !== "/jobs" && !pathname.startsWith("/jobs/")) return new Response("This is the shop.");
  if (isAda(request.headers.get("authorization"))) return board.fetch(request, info);
  return new Response(null, { status: 401, headers: ASK });
});
closeOnSignals({ close: () => server.shutdown() }, board);
