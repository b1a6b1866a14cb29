import { FINAL_STATES, JOB_STATES, LIFECYCLE, type LifecycleRow } from "../src/core/lifecycle.js";
import { keepText } from "./generated-text.js";

const FILE = "docs/lifecycle.md";

const HEAD = `# The life of a job

A job is in exactly one of eight states, and in exactly one index of the store. What may happen to it is one
table, \`src/core/lifecycle.ts\`. The adapters follow it: the memory adapter calls it, the Redis scripts get its
states and guards when they are built, and the conformance suite tries every event in every state.
This page is generated from it by \`npm run generate\`.
`;

const ABOUT: Readonly<Record<(typeof JOB_STATES)[number], string>> = {
  waiting: "may be claimed by a worker now",
  delayed: "waits for its due time",
  active: "is held by a worker under a lease, with a fence that rises with each claim",
  completed: "its handler returned; the result is kept",
  failed: "its last attempt failed; it is a dead letter until it is retried or removed",
  retrying: "an attempt failed and the next one waits for its backoff",
  cancelled: "somebody cancelled it",
  expired: "no worker started it within its `ttl`",
};

/** Keeps the page about the states and events of a job; gives its path when it differed. */
export async function runLifecycleDocs(mode: "write" | "check"): Promise<readonly string[]> {
  return keepText(mode, FILE, [HEAD, stateTable(), diagram(), eventTable()].join("\n"));
}

function stateTable(): string {
  const finals: readonly string[] = FINAL_STATES;
  const rows = JOB_STATES.map(
    (state) => `| \`${state}\` | ${ABOUT[state]} | ${finals.includes(state) ? "yes" : ""} |\n`,
  );
  return `## States\n\n| state | a job in it | final |\n|---|---|---|\n${rows.join("")}`;
}

function diagram(): string {
  const arrows = new Map<string, string[]>();
  for (const [event, { from, to }] of rowsOf()) {
    if (event === "prune" || event === "remove") continue;
    for (const source of from) {
      for (const target of to) {
        if (source === target || (event === "reschedule" && [source, target].includes("retrying"))) continue;
        const arrow = `${nodeOf(source)} --> ${nodeOf(target)}`;
        arrows.set(arrow, [...(arrows.get(arrow) ?? []), event]);
      }
    }
  }
  const lines = [...arrows].map(([arrow, events]) => `  ${arrow}: ${events.join(", ")}`);
  return `## Moves\n\n\`\`\`mermaid\nstateDiagram-v2\n${lines.join("\n")}\n\`\`\`\n\nLeft out: \`prune\` and \`remove\`, which end in nothing, and \`reschedule\` of a retrying job, which stays retrying.\n`;
}

function nodeOf(state: string): string {
  return state === "none" ? "[*]" : state;
}

function eventTable(): string {
  const rows = rowsOf().map(
    ([event, { from, to, note }]) => `| ${event} | ${from.join(", ")} | ${to.join(", ")} | ${note} |\n`,
  );
  return (
    '## Events\n\nAn event in any other state changes nothing. `none` stands for "not stored".\n\n' +
    `| event | from | to | when |\n|---|---|---|---|\n${rows.join("")}`
  );
}

function rowsOf(): readonly (readonly [string, LifecycleRow])[] {
  return Object.entries(LIFECYCLE);
}
