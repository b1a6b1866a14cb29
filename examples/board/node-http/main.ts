import { createServer } from "node:http";
import { createBoard } from "taskora/board";
import { closeOnSignals, PORT, say } from "../closing.ts";
import { ASK, isAda } from "../guard.ts";
import { openShop, taskora } from "../shop.ts";

const board = createBoard(taskora, { path: "/jobs", auth: "host-app" });

const server = createServer((request, response) => {
  if (request.url !== "/jobs" && !request.url?.startsWith("/jobs/")) {
    response.end("This is the shop.");
  } else if (isAda(request.headers.authorization)) {
    board.node(request, response);
  } else {
    response.writeHead(401, ASK).end();
  }
});

await openShop();
server.listen(PORT, "127.0.0.1", () => say(server.address()));
closeOnSignals(server, board);
