/** What does not fit between the contracts that live workers implement, and the jobs there are. */
import { countText, plain } from "../../core/words.js";
import type { Note } from "../api.js";
import type { Examined, ExaminedTask } from "./examined.js";

/** What of contracts is wrong. */
export function contractNotes({ tasks }: Examined): readonly Note[] {
  return tasks.flatMap((task) => [...differing(task), ...orphaned(task)]);
}

/** One version is one contract, wherever it runs. */
function differing({ name, implemented = [] }: ExaminedTask): readonly Note[] {
  const generated = implemented.filter(({ fingerprint }) => fingerprint !== "");
  const versions = [...new Set(generated.map(({ version }) => version))];
  return versions.flatMap((version) => {
    const those = generated.filter((own) => own.version === version);
    const contracts = new Set(those.map(({ fingerprint }) => fingerprint)).size;
    if (contracts === 1) return [];
    return [
      {
        check: "contracts",
        severity: "warning" as const,
        task: name,
        what: `Workers of ${plain(name)} have ${contracts} different contracts that are all called version ${version}.`,
        why: "What one of them takes, another may refuse; which one gets a job is chance.",
        advice:
          "Wait for the deploy that is under way, or raise the version: taskora diff shows what changed.",
      },
    ];
  });
}

/** Jobs of a version that no live worker takes. */
function orphaned({ name, implemented = [], versions = [] }: ExaminedTask): readonly Note[] {
  if (implemented.length === 0) return [];
  const newest = Math.max(...implemented.map((own) => own.version));
  return versions.flatMap(({ version, waiting, delayed, retrying }) => {
    const jobs = waiting + delayed + retrying;
    const isTaken = implemented.some((own) => own.since <= version && version <= own.version);
    if (jobs === 0 || isTaken) return [];
    const those = jobs === 1 ? "1 job" : `${countText(jobs)} jobs`;
    const isNewer = version > newest;
    return [
      {
        check: "contracts",
        severity: "critical" as const,
        task: name,
        what: `${those} of ${plain(name)} ${jobs === 1 ? "has" : "have"} version ${version}, which no live worker takes.`,
        why: isNewer
          ? `Its workers are older: they take versions up to ${newest}, and leave newer jobs for newer workers.`
          : "Its workers have given that version up: such jobs fail when their turn comes.",
        advice: isNewer
          ? "Deploy the workers of that version."
          : "Start a worker that still takes it, or lower since and add a migration.",
      },
    ];
  });
}
