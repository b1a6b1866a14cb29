/** The store as one picture: what waits, who works, what is done. */
import type { Overview } from "../../../src/board/api.js";
import { count, span } from "../core/format.js";
import { href } from "../core/router.js";
import { STATE_MARK } from "../core/states.js";
import { Count } from "../parts/small.js";
import { Bars } from "../parts/sparkline.js";
import { FlowLane } from "./flow-lane.js";
import { WorkersColumn } from "./workers-column.js";

interface PictureProps {
  readonly overview: Overview;
  /** What is shown is old. */
  readonly isStale: boolean;
}

export function Picture({ overview, isStale }: PictureProps) {
  const { sum } = overview;
  const { rates } = sum;
  return (
    <section class={isStale ? "picture is-stale" : "picture"} aria-label="Jobs now">
      <FlowLane perSecond={rates?.in} label="Come in" isStale={isStale} />
      <QueueColumn sum={sum} />
      <FlowLane perSecond={rates?.out} label="Are worked on" isStale={isStale} />
      <WorkersColumn overview={overview} />
      <FlowLane perSecond={rates?.out} failedPerSecond={rates?.failed} label="End" isStale={isStale} />
      <DoneColumn sum={sum} />
      <Pace sum={sum} />
    </section>
  );
}

type Sum = Overview["sum"];

/** Boxes of what waits: each is more jobs the more there are. */
const MOST_BOXES = 48;

function QueueColumn({ sum }: { readonly sum: Sum }) {
  const { waiting, delayed, retrying } = sum.counts;
  const perBox = Math.max(1, 10 ** Math.ceil(Math.log10(Math.max(1, waiting / MOST_BOXES))));
  const boxes = Math.ceil(waiting / perBox);
  return (
    <div class="column queue">
      <h2>
        Queue <Count value={waiting} />
      </h2>
      <div class="pile" aria-hidden="true">
        <svg viewBox="0 0 192 36" preserveAspectRatio="xMinYMin" role="img" aria-label="What waits">
          <path d={pile(boxes)} />
        </svg>
        <small>
          {waiting === 0 ? "nothing waits" : perBox === 1 ? "" : `a box is ${count(perBox)} jobs`}
        </small>
      </div>
      <ul class="side">
        <li class="is-delayed">
          <i aria-hidden="true">{STATE_MARK.delayed}</i>{" "}
          <a href={href("/jobs", { q: "state:delayed" })}>delayed</a> <Count value={delayed} />
        </li>
        <li class="is-retrying">
          <i aria-hidden="true">{STATE_MARK.retrying}</i>{" "}
          <a href={href("/jobs", { q: "state:retrying" })}>retrying</a> <Count value={retrying} />
        </li>
      </ul>
      <Bars kind="in" values={sum.barsIn} max={topOf(sum)} label="Jobs that came, in the last five minutes" />
    </div>
  );
}

/** Columns of three, filled from the left. */
function pile(boxes: number): string {
  return Array.from(
    { length: Math.min(boxes, MOST_BOXES) },
    (_, nth) => `M${Math.floor(nth / 3) * 12} ${24 - (nth % 3) * 12}h10v10h-10z`,
  ).join("");
}

const topOf = ({ bars, barsIn }: Sum): number =>
  Math.max(0, ...[...bars, ...barsIn].map((value) => value ?? 0));

function DoneColumn({ sum }: { readonly sum: Sum }) {
  const { completed, failed, cancelled, expired } = sum.done;
  return (
    <div class="column done">
      <h2>
        Done <Count value={completed + failed + cancelled + expired} />
      </h2>
      <ul class="side">
        <li class="is-completed">
          <i aria-hidden="true">{STATE_MARK.completed}</i> completed <Count value={completed} />
        </li>
        <li class="is-failed">
          <i aria-hidden="true">{STATE_MARK.failed}</i> <a href={href("/errors")}>failed</a>{" "}
          <Count value={failed} />
        </li>
        <li class="is-cancelled">
          <i aria-hidden="true">{STATE_MARK.cancelled}</i> cancelled <Count value={cancelled} />
        </li>
        <li class="is-expired">
          <i aria-hidden="true">{STATE_MARK.expired}</i> expired <Count value={expired} />
        </li>
      </ul>
      <Bars values={sum.bars} max={topOf(sum)} label="Jobs that ended, in the last five minutes" />
    </div>
  );
}

/** How it goes, in one line. */
function Pace({ sum }: { readonly sum: Sum }) {
  const { wait, run, drainsInMs, counts } = sum;
  const drains =
    counts.waiting === 0
      ? "nothing waits"
      : drainsInMs === undefined
        ? "does not drain"
        : `drains in ${span(drainsInMs)} at this rate`;
  return (
    <p class="pace">
      <span>{drains}</span>
      <span>
        wait p50 <b>{span(wait?.p50)}</b> p95 <b>{span(wait?.p95)}</b>
      </span>
      <span>
        run p50 <b>{span(run?.p50)}</b> p95 <b>{span(run?.p95)}</b>
      </span>
      <small>over the last 10 minutes</small>
    </p>
  );
}
