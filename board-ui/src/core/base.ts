/** Where the board is mounted, as the server wrote it into the page; empty: at the root. */
export const BASE = (
  document.querySelector<HTMLMetaElement>('meta[name="taskora-board"]')?.content ?? ""
).replace(/\/+$/, "");
