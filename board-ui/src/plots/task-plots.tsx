/** How the runs of a task went: three plots under one cursor. */
import { useSignal } from "@preact/signals";
import type { TaskSeries } from "../../../src/board/api.js";
import { count, plural, span } from "../core/format.js";
import { clock, moment } from "../core/moments.js";
import { type Frame, Plot } from "./plot.js";
import { linearScale, TOP, timeScale } from "./scales.js";

const HEIGHT = 96;
/** The order in which they are stacked. */
const OUTCOMES = ["completed", "retried", "failed", "cancelled"] as const;
const COLOUR = {
  completed: "completed",
  retried: "retrying",
  failed: "failed",
  cancelled: "cancelled",
} as const;

export function TaskPlots({ series }: { readonly series: TaskSeries }) {
  const cursor = useSignal<number | undefined>(undefined);
  const shared = { times: series, cursor };
  const at = cursor.value === undefined ? undefined : series.at[cursor.value];
  const last = series.at.length - 1;
  return (
    <div class="plots">
      <OutcomePlot series={series} shared={shared} />
      <WaitPlot series={series} shared={shared} />
      <RunPlot series={series} shared={shared} />
      <label class="moment">
        <span>
          {at === undefined
            ? "Point at a plot, or move this, to read a moment"
            : `${moment(at)}, ${span(series.stepMs)}`}
        </span>
        <input
          type="range"
          min={0}
          max={last}
          value={cursor.value ?? last}
          aria-valuetext={at === undefined ? "none" : clock(at)}
          onInput={(event) => {
            cursor.value = Number(event.currentTarget.value);
          }}
        />
      </label>
    </div>
  );
}

interface SeriesPlotProps {
  readonly series: TaskSeries;
  readonly shared: Pick<Parameters<typeof Plot>[0], "times" | "cursor">;
}

function OutcomePlot({ series, shared }: SeriesPlotProps) {
  const totals = series.at.map((_, nth) => OUTCOMES.reduce((sum, key) => sum + (series[key][nth] ?? 0), 0));
  const scale = linearScale(Math.max(0, ...totals), HEIGHT);
  const number = (key: (typeof OUTCOMES)[number], nth: number | undefined) =>
    nth === undefined ? series[key].reduce((sum, value) => sum + value, 0) : (series[key][nth] ?? 0);
  const draw = ({ x, column }: Frame) => {
    const floor = totals.map(() => 0);
    return OUTCOMES.map((key) => {
      const path = series[key]
        .map((value, nth) => {
          const [from, to] = [floor[nth] ?? 0, (floor[nth] ?? 0) + value];
          floor[nth] = to;
          return value === 0 ? "" : bar(x(nth), column, scale.y(from), scale.y(to));
        })
        .join("");
      return <path key={key} class={`fill is-${COLOUR[key]}`} d={path} />;
    });
  };
  return (
    <Plot
      {...{ ...shared, scale, draw, height: HEIGHT, tick: count }}
      title={`Runs per ${span(series.stepMs)}, by how they ended`}
      legend={(nth) =>
        OUTCOMES.map((key) => (
          <span key={key} class={`is-${COLOUR[key]}`}>
            <i aria-hidden="true" /> {key} <b>{count(number(key, nth))}</b>
          </span>
        ))
      }
    />
  );
}

function bar(x: number, column: number, from: number, to: number): string {
  const gap = column > 4 ? 1 : 0;
  return `M${x.toFixed(1)} ${from.toFixed(1)}h${(column - gap).toFixed(1)}V${to.toFixed(1)}h${(gap - column).toFixed(1)}z`;
}

const PERCENTILES = ["p50", "p95", "p99"] as const;

const WAITS = [...PERCENTILES, "oldest"] as const;

function WaitPlot({ series, shared }: SeriesPlotProps) {
  const lines = { ...series.wait, oldest: series.oldest };
  const values = WAITS.flatMap((key) => lines[key].flatMap((value) => value ?? []));
  const scale = timeScale(values, HEIGHT);
  const draw = ({ x, column }: Frame) =>
    WAITS.map((key) => (
      <path key={key} class={`line ${key}`} d={line(lines[key], (nth) => x(nth) + column / 2, scale.y)} />
    ));
  return (
    <Plot
      {...{ ...shared, scale, draw, height: HEIGHT, tick: span }}
      title="Wait until the start, and how long the oldest has waited"
      legend={(nth) =>
        WAITS.map((key) => (
          <span key={key} class={key}>
            <i aria-hidden="true" /> {key} <b>{span(at(lines[key], nth))}</b>
          </span>
        ))
      }
    />
  );
}

/** Of a step; where none is looked at of the last that has any. */
function at(values: readonly (number | null)[], nth: number | undefined): number | undefined {
  const value = nth === undefined ? values.findLast((each) => each !== null) : values[nth];
  return value ?? undefined;
}

/** A line with gaps where nothing ran; a step that stands alone is a dash. */
function line(
  values: readonly (number | null)[],
  x: (nth: number) => number,
  y: (value: number) => number,
): string {
  let isOn = false;
  return values
    .map((value, nth) => {
      if (value === null) {
        isOn = false;
        return "";
      }
      const point = `${isOn ? "L" : "M"}${x(nth).toFixed(1)} ${y(value).toFixed(1)}`;
      const isAlone = !isOn && (values[nth + 1] ?? null) === null;
      isOn = true;
      return isAlone ? `${point}m-3 0h6` : point;
    })
    .join("");
}

/** Shades of the heat map, each for the same share of the logarithm. */
const SHADES = 6;
/** Bins follow one another by the eighth root of two. */
const BIN_RATIO = 2 ** (1 / 8);
const HEAT_HEIGHT = 130;

function RunPlot({ series, shared }: SeriesPlotProps) {
  const { runBins, run } = series;
  const most = Math.max(1, ...runBins.flatMap((bins) => bins.map(([, runs]) => runs)));
  const scale = timeScale(
    runBins.flatMap((bins) => bins.map(([upper]) => upper)),
    HEAT_HEIGHT,
  );
  const draw = ({ x, column }: Frame) => {
    const shades = Array.from({ length: SHADES }, () => "");
    for (const [nth, bins] of runBins.entries()) {
      for (const [upper, runs] of bins) {
        const shade = Math.min(SHADES - 1, Math.floor((Math.log(runs + 1) / Math.log(most + 1)) * SHADES));
        const top = scale.y(upper);
        const foot = Math.max(top + 2, scale.y(upper / BIN_RATIO));
        shades[shade] += bar(x(nth), column, Math.min(foot, TOP + HEAT_HEIGHT), top);
      }
    }
    return shades.map((path, nth) => <path key={path} class={`heat shade-${nth}`} d={path} />);
  };
  const runsAt = (nth: number) => (runBins[nth] ?? []).reduce((sum, [, runs]) => sum + runs, 0);
  return (
    <Plot
      {...{ ...shared, scale, draw, height: HEAT_HEIGHT, tick: span }}
      title="How long runs took"
      legend={(nth) => (
        <>
          {nth === undefined ? <span>stronger: more runs</span> : <span>{plural(runsAt(nth), "run")}</span>}
          {PERCENTILES.map((key) => (
            <span key={key}>
              {key} <b>{span(at(run[key], nth))}</b>
            </span>
          ))}
        </>
      )}
    />
  );
}
