/** `RESULTS.md`: what was measured, for people. */
import {
  type ContenderResult,
  findContender,
  metricOf,
  type Results,
  ratioOf,
  type WorkloadResult,
} from "./results.js";
import { FEATURES, METRICS, type Metric } from "./spec.js";
import type { Spread } from "./statistics.js";
import { checkTargets } from "./targets.js";
import { CHAPTERS } from "./workloads/workload.js";

const OURS = "taskora";

export function renderReport(results: Results): string {
  const { machine, versions } = results;
  return [
    results.store === "redis" ? "# Benchmark results" : "# Benchmark results on PostgreSQL",
    "",
    `Written by \`npm run bench${results.store === "redis" ? "" : ` -- --store ${results.store}`}\`; do not edit. How to read and repeat it: [docs/performance.md](../docs/performance.md).`,
    "",
    `${machine.cores} cores of ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}; ` +
      `${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", ")}.`,
    "",
    "Medians over the rounds, in brackets the lowest and the highest. The ratio is made round by round and says how " +
      "many times better taskora was than that row. node and store µs are CPU per job, all processes of the workload and of the server.",
    "",
    ...settingsLines(results),
    ...targetLines(results),
    ...Object.entries(CHAPTERS).flatMap(([chapter, title]) => chapterLines(results, { chapter, title })),
  ].join("\n");
}

function settingsLines({ settings }: Results): readonly string[] {
  return [...Object.entries(settings).map(([peer, setting]) => `- **${peer}**: ${setting}.`), ""];
}

function targetLines(results: Results): readonly string[] {
  const verdicts = checkTargets(results);
  if (verdicts.length === 0) return [];
  const rows = verdicts.map(
    ({ target, measured, isMet }) => `| ${target} | ${measured} | ${isMet ? "yes" : "**no**"} |`,
  );
  return ["## Targets", "", "| target | measured | reached |", "|---|---|---|", ...rows, ""];
}

function chapterLines(
  results: Results,
  { chapter, title }: { readonly chapter: string; readonly title: string },
): readonly string[] {
  const rows = results.workloads.filter((row) => row.chapter === chapter);
  if (rows.length === 0) return [];
  return [`## ${title}`, "", ...(chapter === "calls" ? callLines(rows) : rows.flatMap(workloadLines))];
}

/** Scripts that nobody else has: one table for all of them. */
function callLines(rows: readonly WorkloadResult[]): readonly string[] {
  const metrics = rows[0]?.metrics ?? [];
  return [
    "How long the store is busy with one call of a script, in the largest batches that are sent, payloads of 100 bytes. " +
      "Measured " +
      `${[...new Set(rows.map(({ date, commit }) => `${date}, ${commit}`))].join("; ")}.`,
    "",
    `| ${["calls of", ...metrics.map((metric) => METRICS[metric].unit)].join(" | ")} |`,
    `|---|${"---:|".repeat(metrics.length)}`,
    ...rows.map((row) => {
      const ours = findContender(row, OURS);
      const cells = metrics.map((metric) =>
        spreadText(ours && metricOf(ours, metric), METRICS[metric].digits),
      );
      return `| ${[row.title, ...cells].join(" | ")} |`;
    }),
    "",
    ...rows.flatMap((row) => row.contenders.flatMap(failureLines)),
  ];
}

function workloadLines(row: WorkloadResult): readonly string[] {
  const base = findContender(row, OURS);
  const isFeatures = row.chapter === "features";
  const heading = [isFeatures ? "with" : "queue", ...row.metrics.map((metric) => METRICS[metric].unit)];
  const ratioHeading = isFeatures ? "× plain" : `× (${METRICS[row.metrics[0] as Metric].unit})`;
  return [
    `### ${row.title}`,
    "",
    `\`${row.name}\`, ${row.date}, ${row.commit}, ${Math.max(...row.contenders.map((each) => each.rounds.length))} rounds`,
    "",
    `| ${[...heading, ratioHeading].join(" | ")} |`,
    `|---|${"---:|".repeat(heading.length)}`,
    ...row.contenders.map((each) => contenderLine(row, each, base)),
    "",
    ...row.contenders.flatMap(failureLines),
  ];
}

function contenderLine(
  row: WorkloadResult,
  contender: ContenderResult,
  base: ContenderResult | undefined,
): string {
  const cells = row.metrics.map((metric) => spreadText(metricOf(contender, metric), METRICS[metric].digits));
  const first = row.metrics[0] as Metric;
  const isFeatures = row.chapter === "features";
  const ratio =
    base === undefined || base === contender
      ? undefined
      : isFeatures
        ? ratioOf(contender, base, first)
        : ratioOf(base, contender, first);
  return `| ${[nameText(contender.name), ...cells, base === contender ? "" : spreadText(ratio, 2)].join(" | ")} |`;
}

function nameText(name: string): string {
  const [peer = "", feature] = name.split("+");
  if (feature === undefined) return name;
  return `${peer} with ${FEATURES[feature as keyof typeof FEATURES] ?? feature}`;
}

function failureLines({ name, failures }: ContenderResult): readonly string[] {
  const first = failures[0];
  if (first === undefined) return [];
  return [`${name} failed ${failures.length} times; ${first.split("\n")[0]}`, ""];
}

function spreadText(spread: Spread | undefined, digits: number): string {
  if (spread === undefined) return "–";
  const text = (value: number) => grouped(value.toFixed(digits));
  if (text(spread.min) === text(spread.max)) return text(spread.median);
  return `${text(spread.median)} (${text(spread.min)}–${text(spread.max)})`;
}

function grouped(text: string): string {
  const [whole = "", fraction] = text.split(".");
  const spaced = whole.replace(/\B(?=(\d{3})+$)/g, " ");
  return fraction === undefined ? spaced : `${spaced}.${fraction}`;
}
