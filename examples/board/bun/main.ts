import { createBoard } from "taskora/board";
import { closeOnSignals, PORT, say } from "../closing.ts";
import { ASK, isAda } from "../guard.ts";
import { openShop, taskora } from "../shop.ts";

const board = createBoard(taskora, { path: "/jobs", auth: "host-app" });

const guarded = (request: Request, server: object) =>
  isAda(request.headers.get("authorization"))
    ? board.fetch(request, server)
    : new Response(null, { status: 401, headers: ASK });

await openShop();
const server = Bun.serve({
  port: PORT,
  hostname: "127.0.0.1",
  idleTimeout: 30,
  routes: { "/jobs": guarded, "/jobs/*": guarded },
  fetch: () => new Response("This is the shop."),
});
say({ port: server.port ?? PORT });
closeOnSignals({ close: () => server.stop(true) }, board);
