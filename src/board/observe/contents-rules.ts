/** What is wrong with what a store holds, in words. */
import type { FaultKind, StoreFault } from "../../core/observe/store-contents.js";
import { countText } from "../../core/words.js";
import type { Note } from "../api.js";

interface Words {
  readonly severity: Note["severity"];
  /** @param count how many there are, and what they are called */
  what(where: string, count: number): string;
  readonly why: string;
  readonly advice: string;
}

/** What nearly always brings it about. */
const USUAL =
  "Look for who else writes to this store: a hand, a script, a server that evicts keys, a backup that was restored in part.";

const WORDS: Readonly<Record<FaultKind, Words>> = {
  unrecorded: {
    severity: "critical",
    what: (where, count) => `${where} names ${jobs(count)} that ${count === 1 ? "is" : "are"} not stored.`,
    why: "The jobs are lost: they are counted, and never run or end.",
    advice: `${USUAL} Dispatch again what was lost, then remove the ids from there by hand.`,
  },
  unlisted: {
    severity: "critical",
    what: (where, count) =>
      `${jobs(count)} in ${where} ${count === 1 ? "is" : "are"} in no index of ${count === 1 ? "its" : "their"} state.`,
    why: "Nothing finds them: they are not counted, never run, and are never removed.",
    advice: `${USUAL} Read them with taskora jobs get ID --json, dispatch them again under new ids, and remove the records by hand.`,
  },
  misplaced: {
    severity: "critical",
    what: (where, count) =>
      `${where} has ${jobs(count)} that ${count === 1 ? "is" : "are"} in another state.`,
    why: "They are counted twice, and may run twice.",
    advice: `${USUAL} Remove the ids from there by hand; where they also stand is right.`,
  },
  ownerless: {
    severity: "critical",
    what: (where, count) =>
      `${where} holds ${countText(count)} ${count === 1 ? "entry" : "entries"} for jobs that have ended or are gone.`,
    why: "What is held stays taken: jobs of the same key wait or are refused for ever, and what is claimed comes back to nobody.",
    advice: `${USUAL} Remove the entries by hand.`,
  },
  miscounted: {
    severity: "warning",
    what: (where) => `The counter ${where} is not what it counts.`,
    why: "What reckons with it goes wrong: numbers of jobs, the end of leases, the order of claims.",
    advice: `${USUAL} Correct it while no worker runs.`,
  },
  stray: {
    severity: "warning",
    what: (where, count) =>
      `${where} has ${countText(count)} ${count === 1 ? "thing" : "things"} that ${count === 1 ? "belongs" : "belong"} to no job.`,
    why: "Nothing reads or removes them: they take room for ever.",
    advice: `${USUAL} Remove them by hand.`,
  },
  contradictory: {
    severity: "critical",
    what: (where, count) =>
      `${countText(count)} ${count === 1 ? "thing" : "things"} in ${where} cannot be true.`,
    why: "Jobs may be lost, or run twice.",
    advice: "This is a mistake of taskora: please tell its makers of it, with these lines.",
  },
};

const MOST_NAMED = 5;

/** One note for each kind of fault at each place of a task. */
export function contentsNotes(faults: readonly StoreFault[]): readonly Note[] {
  const groups = new Map<string, StoreFault[]>();
  for (const fault of faults) {
    const key = JSON.stringify([fault.kind, fault.task, placeOf(fault)]);
    groups.set(key, [...(groups.get(key) ?? []), fault]);
  }
  return [...groups.values()].map(noteOf);
}

function noteOf(faults: readonly StoreFault[]): Note {
  const [first] = faults as readonly [StoreFault, ...StoreFault[]];
  const { severity, what, why, advice } = WORDS[first.kind];
  const named = [...new Set(faults.map(nameOf))];
  const more = named.length > MOST_NAMED ? `, and ${countText(named.length - MOST_NAMED)} more` : "";
  const of = first.task === undefined ? "" : ` of ${first.task}`;
  return {
    ...{ check: "contents", severity, why, advice },
    ...(first.task === undefined ? {} : { task: first.task }),
    what: `${what(`«${placeOf(first)}»${of}`, faults.length)} ${named.slice(0, MOST_NAMED).join(", ")}${more}`,
  };
}

/** Keys of single jobs have one place together: what stands before the first colon behind the task. */
function placeOf({ where }: StoreFault): string {
  const end = where.indexOf("}:");
  if (end < 0) return where;
  const name = where.slice(end + 2);
  const colon = name.indexOf(":");
  return colon < 0 ? name : `${name.slice(0, colon)}:…`;
}

function nameOf({ where, id, detail }: StoreFault): string {
  const isKey = where.includes("}:");
  const name = isKey && !where.endsWith(id) ? `${where} (${id})` : isKey ? where : id;
  return detail === undefined ? name : `${name === "" ? "" : `${name}: `}${detail}`;
}

function jobs(count: number): string {
  return `${countText(count)} ${count === 1 ? "job" : "jobs"}`;
}
