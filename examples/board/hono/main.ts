import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { createBoard } from "taskora/board";
import { closeOnSignals, PORT, say } from "../closing.ts";
import { openShop, taskora } from "../shop.ts";

const board = createBoard(taskora, { path: "/jobs", auth: "host-app" });
const guard = basicAuth({ username: "ada", password: process.env.BOARD_PASSWORD ?? "lovelace" });

const app = new Hono();
app.get("/", (context) => context.text("This is the shop."));
app.use("/jobs", guard);
app.use("/jobs/*", guard);
app.mount("/jobs", board.fetch);

await openShop();
const server = serve({ fetch: app.fetch, port: PORT, hostname: "127.0.0.1" }, say);
closeOnSignals(server, board);
