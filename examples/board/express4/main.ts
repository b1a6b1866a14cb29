import express, { type RequestHandler } from "express";
import { createBoard } from "taskora/board";
import { closeOnSignals, PORT, say } from "../closing.ts";
import { ASK, isAda } from "../guard.ts";
import { openShop, taskora } from "../shop.ts";

const board = createBoard(taskora, { path: "/jobs", auth: "host-app" });

const onlyAda: RequestHandler = (request, response, next) => {
  if (isAda(request.headers.authorization)) next();
  else response.set(ASK).sendStatus(401);
};

const app = express();
// The board takes bodies that a parser has read already.
app.use(express.json());
app.use("/jobs", onlyAda, board.node);
app.get("/", (_request, response) => void response.send("This is the shop."));

await openShop();
const server = app.listen(PORT, "127.0.0.1", () => say(server.address()));
closeOnSignals(server, board);
