/** Dots that move from one part of the picture to the next, as fast as jobs do. */
import { useEffect, useRef } from "preact/hooks";
import { rate } from "../core/format.js";

interface FlowLaneProps {
  /** Jobs per second; undefined: not known yet. */
  readonly perSecond: number | undefined;
  /** Of them those that failed. */
  readonly failedPerSecond?: number | undefined;
  /** What moves here. */
  readonly label: string;
  /** Nothing moves that is not known to. */
  readonly isStale: boolean;
}

/** Three lanes of ten are thirty dots. */
const MOST_DOTS = 10;
const TRIP_MS = 1_400;

export function FlowLane({ perSecond, failedPerSecond = 0, label, isStale }: FlowLaneProps) {
  const track = useRef<HTMLSpanElement>(null);
  const flow = useRef({ perSecond: 0, failed: 0 });
  flow.current = { perSecond: isStale ? 0 : (perSecond ?? 0), failed: failedPerSecond };
  useEffect(() => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    let due = 0;
    let before = performance.now();
    const timer = setInterval(() => {
      const at = performance.now();
      const { perSecond: speed, failed } = flow.current;
      due = Math.min(2, due + (speed * Math.min(1_000, at - before)) / 1_000);
      before = at;
      if (due < 1 || document.hidden || track.current === null) return;
      due -= 1;
      if (track.current.childElementCount < MOST_DOTS)
        send(track.current, speed > 0 && Math.random() < failed / speed);
    }, TRIP_MS / MOST_DOTS);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class="lane">
      <span class="speed">
        <span class="unseen">{label} </span>
        {perSecond === undefined ? "–" : rate(perSecond)}/s
      </span>
      <span class="track" ref={track} aria-hidden="true" />
    </div>
  );
}

function send(track: HTMLElement, isFailed: boolean): void {
  const dot = document.createElement("i");
  if (isFailed) dot.className = "is-failed";
  track.append(dot);
  const trip = dot.animate([{ left: "0%" }, { left: "calc(100% - 7px)" }], {
    duration: TRIP_MS,
    easing: "linear",
  });
  trip.onfinish = () => dot.remove();
  trip.oncancel = () => dot.remove();
}
