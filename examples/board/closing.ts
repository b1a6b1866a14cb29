/** Ends a server on Ctrl+C, and when whoever runs it asks: streams first, for which a server would wait, jobs last. */
import type { Board } from "taskora/board";
import { taskora } from "./shop.ts";

export function closeOnSignals(server: { close(): unknown }, board: Board): void {
  const close = async () => {
    server.close();
    await board.close();
    await taskora.close();
    process.exit();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, close);
}

/** Says where the board is. */
export function say(address: { readonly port: number } | string | null): void {
  const { port } = address as { readonly port: number };
  console.log(`The board is at http://127.0.0.1:${port}/jobs (ada, lovelace)`);
}

/** Where to listen; 0: at any free port. */
export const PORT = Number(process.env.PORT ?? 3000);
