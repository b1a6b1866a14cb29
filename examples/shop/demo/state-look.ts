import type { JobState } from "taskora";
import type { Colors } from "./terminal.js";

interface Look {
  readonly sign: string;
  readonly color: keyof Colors;
}

const LOOKS: Readonly<Record<JobState, Look>> = {
  waiting: { sign: "·", color: "dim" },
  delayed: { sign: "◷", color: "blue" },
  active: { sign: "▶", color: "cyan" },
  completed: { sign: "✔", color: "green" },
  failed: { sign: "✖", color: "red" },
  retrying: { sign: "↻", color: "yellow" },
  cancelled: { sign: "⊘", color: "magenta" },
  expired: { sign: "◌", color: "magenta" },
};

/** The sign of a state alone, in its colour. */
export function paintSign(state: JobState, colors: Colors): string {
  const { sign, color } = LOOKS[state];
  return colors[color](sign);
}

/** A sign and the name of the state, in its colour, as wide as the longest of them. */
export function paintState(state: JobState, colors: Colors): string {
  const { sign, color } = LOOKS[state];
  return colors[color](`${sign} ${state.padEnd(9)}`);
}
