/** The board: the picture of a store in a browser, and an HTTP API over it. */
export { type Board, type BoardOptions, createBoard } from "./board.js";
