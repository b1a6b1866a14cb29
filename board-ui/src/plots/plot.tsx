/** A plot of one row per step of time. Several of them share their moments and one cursor. */
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { clock, writes, zoneOf } from "../core/moments.js";
import { LEFT, momentTicks, RIGHT, type Scale, TOP } from "./scales.js";

export interface Times {
  /** Beginnings of the steps, ms since the epoch. */
  readonly at: readonly number[];
  readonly stepMs: number;
  readonly releases: readonly { readonly name: string; readonly at: number }[];
}

/** Where things are drawn, in px. */
export interface Frame {
  readonly height: number;
  /** Width of one step. */
  readonly column: number;
  /** Where a step begins. */
  readonly x: (nth: number) => number;
}

interface PlotProps {
  readonly title: string;
  readonly times: Times;
  /** Which step is looked at; it is the same in all plots. */
  readonly cursor: Signal<number | undefined>;
  readonly scale: Scale;
  readonly tick: (value: number) => string;
  readonly height: number;
  /** What the colours mean, with the numbers of a step. */
  readonly legend: (nth: number | undefined) => ComponentChildren;
  readonly draw: (frame: Frame) => ComponentChildren;
}

export function Plot(props: PlotProps) {
  const { title, times, cursor, scale, tick, height, legend, draw } = props;
  const figure = useRef<HTMLElement>(null);
  const width = useWidth(figure);
  const inner = Math.max(50, width - LEFT - RIGHT);
  const column = inner / Math.max(1, times.at.length);
  const frame: Frame = { height, column, x: (nth) => LEFT + nth * column };
  const look = (event: PointerEvent) => {
    const { left } = (event.currentTarget as Element).getBoundingClientRect();
    const nth = Math.floor((event.clientX - left - LEFT) / column);
    cursor.value = nth >= 0 && nth < times.at.length ? nth : undefined;
  };
  const full = height + TOP + 18;
  return (
    <figure class="plot" ref={figure}>
      <figcaption>
        <h3>{title}</h3>
        <span class="legend">{legend(cursor.value)}</span>
      </figcaption>
      <svg
        width={width}
        height={full}
        role="img"
        aria-label={title}
        onPointerMove={look}
        onPointerLeave={() => {
          cursor.value = undefined;
        }}
      >
        <Axes times={times} frame={frame} scale={scale} tick={tick} right={width - RIGHT} />
        {draw(frame)}
        <Cursor nth={cursor.value} frame={frame} />
      </svg>
    </figure>
  );
}

/** Room that the name of a release takes. */
const LABEL = 70;

interface AxesProps {
  readonly times: Times;
  readonly frame: Frame;
  readonly scale: Scale;
  readonly tick: (value: number) => string;
  readonly right: number;
}

function Axes({ times, frame, scale, tick, right }: AxesProps) {
  const { at, stepMs, releases } = times;
  const { height, x } = frame;
  const foot = TOP + height;
  return (
    <>
      {scale.ticks.map((value) => (
        <g key={value}>
          <path class="grid" d={`M${LEFT} ${scale.y(value)}H${right}`} />
          <text x={LEFT - 6} y={scale.y(value) + 4} text-anchor="end">
            {tick(value)}
          </text>
        </g>
      ))}
      {momentTicks(at, stepMs, zoneOf()).map((nth) => (
        <text key={nth} x={x(nth)} y={foot + 15} text-anchor="middle">
          {label(at[nth] ?? 0, stepMs * at.length)}
        </text>
      ))}
      {releases.map(({ name, at: moment }) => {
        const place = x((moment - (at[0] ?? 0)) / stepMs);
        const isLate = place > right - LABEL;
        return (
          <g key={`${name} ${moment}`} class="release">
            <path d={`M${place} ${TOP - 4}V${foot}`} />
            <text x={isLate ? place - 3 : place + 3} y={10} text-anchor={isLate ? "end" : "start"}>
              {name.slice(0, 10)}
            </text>
            <title>{`Release ${name} began to work at ${clock(moment)}`}</title>
          </g>
        );
      })}
    </>
  );
}

const day = writes({ weekday: "short", day: "2-digit" });

function label(at: number, spanMs: number): string {
  const isMidnight = clock(at).startsWith("00:00");
  return spanMs > 43_200_000 && isMidnight ? day(at) : clock(at).slice(0, 5);
}

function Cursor({ nth, frame }: { readonly nth: number | undefined; readonly frame: Frame }) {
  if (nth === undefined) return null;
  const { x, column, height } = frame;
  return <rect class="cursor" x={x(nth)} y={TOP} width={column} height={height} />;
}

function useWidth(element: { readonly current: HTMLElement | null }): number {
  const width = useSignal(600);
  useEffect(() => {
    if (element.current === null) return;
    const look = new ResizeObserver(([entry]) => {
      width.value = Math.floor(entry?.contentRect.width ?? 600);
    });
    look.observe(element.current);
    return () => look.disconnect();
  }, []);
  return width.value;
}
