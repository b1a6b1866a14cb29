import { createBoard } from "taskora/board";
import { shop } from "../../../lib/shop";

export const runtime = "nodejs";
export const dynamic = "force-dynamic";

const board = createBoard(shop(), { path: "/jobs", auth: "host-app" });

export const { GET, POST, PUT, PATCH, DELETE } = board.next();
