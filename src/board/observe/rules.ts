import type { Note } from "../api.js";
import { contractNotes } from "./contract-rules.js";
import type { Examined } from "./examined.js";
import { scheduleNotes } from "./schedule-rules.js";
import { serverNotes } from "./server-rules.js";
import { taskNotes } from "./task-rules.js";
import { workerNotes } from "./worker-rules.js";

/** Everything that is wrong with a store, in the order in which it was looked at. */
export function notesOf(examined: Examined): readonly Note[] {
  return [
    ...serverNotes(examined),
    ...taskNotes(examined),
    ...workerNotes(examined),
    ...contractNotes(examined),
    ...scheduleNotes(examined),
  ];
}

/** The worst first, otherwise as they were. */
export function worstFirst(notes: readonly Note[]): readonly Note[] {
  const rank = ({ severity }: Note) => (severity === "critical" ? 0 : 1);
  return notes.toSorted((a, b) => rank(a) - rank(b));
}
