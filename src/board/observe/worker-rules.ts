/** What is wrong with workers. */
import { countText, lengthText, plain } from "../../core/words.js";
import type { Note } from "../api.js";
import type { Examined } from "./examined.js";

/** Which of the workers of a store have fallen silent. */
export function workerNotes({ workers }: Pick<Examined, "workers">): readonly Note[] {
  return workers
    .filter(({ state }) => state === "lost")
    .map(({ id, host, silentMs, vitals }) => {
      const running = vitals?.running ?? 0;
      const jobs =
        running === 0 ? "" : `; ${countText(running)} ${running === 1 ? "job was" : "jobs were"} at work`;
      return {
        ...{ check: "workers", severity: "warning" as const },
        what: `The worker ${plain(id)} on ${plain(host)} has been silent for ${lengthText(silentMs)}${jobs}.`,
        why: "It was killed, cannot reach the store, or its event loop is blocked: what it ran is run again by others.",
        advice: "Look at its process and its log; taskora workers lists those that live.",
      };
    });
}
