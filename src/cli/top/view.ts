/** The screen as lines: a pure picture of the model, of where somebody is, and of the size of the terminal. */
import type { JobDetails } from "taskora";
import { lengthText } from "../../core/words.js";
import { count } from "../report.js";
import { wrapText } from "../terminal.js";
import { fitted, type Line, laid, lineWidth, type Span, shown, spread, widthOf } from "./cells.js";
import { chosenIndex, promptText, type TopState } from "./keys.js";
import type { TopModel } from "./model.js";
import { rateText, shortCount, shortLength } from "./numbers.js";
import { type Loaded, type TopColumn, type TopRow, type TopTable, VIEWS } from "./place.js";
import { tableOf } from "./tables.js";

/** How much room there is, in cells. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Everything that is shown. */
export interface Picture {
  readonly state: TopState;
  /** Undefined before the first reading. */
  readonly model: TopModel | undefined;
  readonly loaded: Loaded | undefined;
  /** The store, without secrets. */
  readonly store: string;
  readonly intervalMs: number;
  /** For how long the store has not answered, and why; undefined: it does. */
  readonly away?: { readonly ms: number; readonly why: string };
  /** The lines of a job: see {@link Loaded}. */
  jobLines(job: JobDetails, columns: number): readonly string[];
}

/** The lines of the screen, and what of the table is on it. */
export interface Frame {
  readonly lines: readonly Line[];
  /** Rows of the table, those out of sight included. */
  readonly rows: readonly TopRow[];
  /** How many of them fit. */
  readonly height: number;
}

const HEAD = 2;
/** Views and keys have a line each where they do not fit on one, unless the screen is very low. */
const ONE_LINE_COLUMNS = 130;
const LOW_ROWS = 16;

/** Draws the screen. Every line is at most as wide as it, and there are as many lines as rows. */
export function frameOf(picture: Picture, size: Size): Frame {
  const { state, model, loaded } = picture;
  const table = model === undefined ? undefined : tableOf(state.place, model, { loaded, sort: state.sort });
  const foot = footLines(picture, table, size);
  const room = Math.max(1, size.rows - HEAD - foot.length);
  const body = state.isHelp ? HELP : bodyLines(picture, table, { columns: size.columns, rows: room });
  const padded = Array.from({ length: room }, (_, index) => body[index] ?? []);
  const lines = [...headLines(picture, size.columns), ...padded, ...foot];
  return {
    lines: lines.slice(0, size.rows).map((line) => fitted(line, size.columns)),
    rows: table?.rows ?? [],
    height: Math.max(1, room - 1),
  };
}

function headLines(picture: Picture, columns: number): readonly Line[] {
  const { store, intervalMs, model } = picture;
  const name: Line = [
    { text: "taskora top", paint: "bold" },
    { text: `  ${shown(store)}`, paint: "dim" },
    ...(columns < 100 ? [] : [{ text: `  every ${lengthText(intervalMs)}`, paint: "dim" as const }]),
  ];
  return [spread(name, verdictOf(picture), columns), model === undefined ? [] : sumLine(model, columns)];
}

function verdictOf({ away, model }: Picture): Line {
  if (away !== undefined) return [{ text: ` store away for ${lengthText(away.ms)} `, paint: "red" }];
  if (model === undefined) return [{ text: "…", paint: "dim" }];
  const { notes, oldest } = model;
  const critical = notes.filter(({ severity }) => severity === "critical").length;
  const tail: Line =
    oldest === undefined ? [] : [{ text: ` │ oldest ${shortLength(oldest.ms)} ${shown(oldest.task)}` }];
  if (notes.length === 0) return [{ text: "OK", paint: "green" }, ...tail];
  if (critical > 0) return [{ text: `✖ ${count(critical, "task")} stuck`, paint: "red" }, ...tail];
  return [{ text: `▲ ${count(notes.length, "warning")}`, paint: "yellow" }, ...tail];
}

/** What fits of the sums; what matters least is left out first. */
function sumLine({ sum, workers, slots }: TopModel, columns: number): Line {
  const { rates } = sum;
  const parts: readonly (readonly [number, Line])[] = [
    [0, [{ text: "Queue " }, { text: shortCount(sum.waiting), paint: "bold" }]],
    [1, [{ text: "Active " }, { text: shortCount(sum.active), paint: "bold" }]],
    [5, [{ text: `Delayed ${shortCount(sum.delayed + sum.retrying)}` }]],
    [
      2,
      [
        { text: "Failed " },
        { text: shortCount(sum.failed), ...(sum.failed > 0 ? { paint: "red" as const } : {}) },
      ],
    ],
    [4, workers === undefined ? [] : workersSpans(workers.length, slots, columns)],
    [6, [{ text: `Done ${shortCount(sum.done)}` }]],
    [
      3,
      rates === undefined
        ? []
        : [
            { text: `in ${rateText(rates.in)}/s  ` },
            { text: `✔ ${rateText(rates.out - rates.failed)}/s`, paint: "green" },
            ...(rates.failed > 0 ? [{ text: `  ✖ ${rateText(rates.failed)}/s`, paint: "red" as const }] : []),
          ],
    ],
  ];
  const kept = parts.filter(([, line]) => line.length > 0);
  const gap = columns < 100 ? "  " : "   ";
  const joined = () => kept.flatMap(([, line], index) => (index === 0 ? line : [{ text: gap }, ...line]));
  while (kept.length > 1 && lineWidth(joined()) > columns) {
    const least = Math.max(...kept.map(([rank]) => rank));
    kept.splice(
      kept.findIndex(([rank]) => rank === least),
      1,
    );
  }
  return joined();
}

const BAR_COLUMNS = 110;
const BAR = 10;

/** `Workers 3 busy 23/30`, with a picture of it where there is room. */
function workersSpans(workers: number, slots: TopModel["slots"], columns: number): Line {
  const text = `Workers ${workers}`;
  if (slots === undefined || slots.all === 0) return [{ text }];
  const { taken, all } = slots;
  const full = Math.min(BAR, Math.ceil((taken / all) * BAR));
  const bar = `  ${"■".repeat(full)}${"□".repeat(BAR - full)}`;
  const isFull = taken >= all;
  return [
    { text: `${text} busy ` },
    { text: `${taken}/${all}`, paint: isFull ? "yellow" : "bold" },
    ...(columns < BAR_COLUMNS
      ? []
      : [{ text: bar, paint: isFull ? ("yellow" as const) : ("cyan" as const) }]),
  ];
}

function bodyLines(picture: Picture, table: TopTable | undefined, size: Size): readonly Line[] {
  const { state, loaded, model, away } = picture;
  if (model === undefined) return [[{ text: away === undefined ? "Asking the store…" : shown(away.why) }]];
  if (loaded !== undefined && "problem" in loaded && loaded.view === state.place.view)
    return wrapText(shown(loaded.problem), size.columns, widthOf).map((text) => [{ text, paint: "yellow" }]);
  if (table !== undefined) return tableLines(table, state, size);
  if (loaded?.view !== "job" || "problem" in loaded) return [[{ text: "Asking the store…", paint: "dim" }]];
  if (loaded.job === undefined) return [[{ text: "The job is gone." }]];
  const lines = picture.jobLines(loaded.job, size.columns);
  const first = Math.max(0, Math.min(state.place.scroll, lines.length - size.rows));
  return lines.slice(first, first + size.rows).map((text) => [{ text: shown(text) }]);
}

function tableLines(table: TopTable, state: TopState, { columns, rows }: Size): readonly Line[] {
  const layout = layoutOf(table.columns, table.rows, columns - 1);
  const titles = layout.map(({ column, width }) => laid(column.title, width, column.align)).join(" ");
  const head: Line = [{ text: ` ${titles}`, paint: "dim" }];
  if (table.rows.length === 0) return [head, [{ text: ` ${table.empty}`, paint: "dim" }]];
  const height = Math.max(1, rows - 1);
  const chosen = chosenIndex(state.place, table.rows);
  const first = Math.max(0, Math.min(chosen - Math.floor(height / 2), table.rows.length - height));
  const visible = table.rows.slice(first, first + height);
  return [head, ...visible.map((row, index) => rowLine(row, layout, first + index === chosen))];
}

/** A column as it is shown. */
interface Laid {
  readonly column: TopColumn;
  readonly index: number;
  readonly width: number;
}

const GAP = 1;

/** Leaves out columns until the rest fits, and gives what room is left to the wide one. */
export function layoutOf(
  columns: readonly TopColumn[],
  rows: readonly TopRow[],
  room: number,
): readonly Laid[] {
  let kept = columns.map((column, index) => ({ column, index, width: column.width }));
  const total = () => kept.reduce((sum, { width }) => sum + width + GAP, -GAP);
  while (total() > room) {
    const last = Math.max(0, ...kept.map(({ column }) => column.drop ?? 0));
    if (last === 0) break;
    kept = kept.filter(({ column }) => column.drop !== last);
  }
  const left = Math.max(0, room - total());
  const isLast = (index: number) => index === columns.length - 1;
  return kept.map((each) => {
    if (each.column.isWide !== true) return each;
    const longest = Math.max(0, ...rows.map(({ cells }) => widthOf(cells[each.index]?.text ?? "")));
    // The last column may have all of the room; another leaves what it does not need.
    const wanted = isLast(each.index)
      ? each.width + left
      : Math.min(each.width + left, Math.max(each.width, longest + 1));
    return { ...each, width: wanted };
  });
}

function rowLine({ cells }: TopRow, layout: readonly Laid[], isChosen: boolean): Line {
  const spans = layout.flatMap(({ column, index, width }, at): readonly Span[] => {
    const cell = cells[index] ?? { text: "" };
    const text = laid(cell.text, width, column.align);
    return [...(at === 0 ? [] : [{ text: " " }]), { ...cell, text }];
  });
  // Without colours the mark alone says which one is chosen.
  return isChosen
    ? [{ text: `▸${spans.map(({ text }) => text).join("")}`, paint: "inverse" }]
    : [{ text: " " }, ...spans];
}

function footLines(picture: Picture, table: TopTable | undefined, { columns, rows }: Size): readonly Line[] {
  const { place } = picture.state;
  const status = statusLine(picture, table, columns);
  if (columns >= ONE_LINE_COLUMNS || rows < LOW_ROWS)
    return [status, spread(tabs(place, columns), keysOf(place, columns - TABS_WIDTH), columns)];
  return [status, keysOf(place, columns), spread(tabs(place, columns), ALWAYS, columns)];
}

function statusLine(
  { state, model, away, loaded }: Picture,
  table: TopTable | undefined,
  columns: number,
): Line {
  const { prompt, notice, place, isHelp } = state;
  if (prompt !== undefined) {
    const text = promptText(prompt);
    const over = Math.max(0, widthOf(text) + 1 - columns);
    // What is typed stays in sight: its end is.
    const seen = over === 0 ? text : `…${[...text].slice(over + 1).join("")}`;
    return [
      { text: seen, paint: prompt.kind === "confirm" ? "yellow" : "bold" },
      { text: " ", paint: "inverse" },
    ];
  }
  if (away !== undefined) return [{ text: `${shown(away.why)} What is shown is old.`, paint: "red" }];
  if (notice !== undefined) return [{ text: notice, paint: "yellow" }];
  if (isHelp) return [{ text: "any key closes this", paint: "dim" }];
  const where: string[] = [];
  if (place.task !== undefined) where.push(shown(place.task));
  if (place.view === "jobs") where.push(place.state === "all" ? "all but completed" : place.state);
  if (place.id !== undefined) where.push(`job ${shown(place.id)}`);
  if (place.filter !== "") where.push(`/${shown(place.filter)}`);
  const isMore = loaded?.view === "jobs" && "isMore" in loaded && loaded.isMore;
  const rows = table === undefined ? "" : `${table.rows.length}${isMore ? "+" : ""} ${place.view}`;
  const worst = place.view === "tasks" && place.filter === "" ? model?.notes[0] : undefined;
  if (worst !== undefined)
    return spread(
      [{ text: worst.what, paint: worst.severity === "critical" ? "red" : "yellow" }],
      [{ text: rows, paint: "dim" }],
      columns,
    );
  return spread([{ text: where.join(" · "), paint: "bold" }], [{ text: rows, paint: "dim" }], columns);
}

const KEYS: Readonly<Record<TopState["place"]["view"], readonly string[]>> = {
  tasks: ["enter jobs", "/ filter", "s sort", "p pause", "R retry", "C cancel", "D remove"],
  jobs: ["enter open", "/ filter", "s state", "r retry", "c cancel", "D remove", "R C all"],
  job: ["esc back", "r retry", "c cancel", "D remove", "↑↓ scroll"],
  workers: ["enter jobs", "/ filter", "p quiet or resume", "C close"],
  errors: ["enter jobs", "/ filter", "R retry", "D remove"],
  schedules: ["/ filter", "p pause", "T trigger", "D remove"],
};
const ALWAYS: Line = [{ text: "? help  q quit", paint: "dim" }];
const TABS_WIDTH = 60;

/** What keys do here, as far as there is room. */
function keysOf({ view }: TopState["place"], room: number): Line {
  const keys = [...KEYS[view]];
  while (keys.length > 1 && widthOf(keys.join("  ")) + 1 > room) keys.pop();
  return keys.flatMap((text, index): readonly Span[] => {
    const [key = "", ...what] = text.split(" ");
    return [{ text: index === 0 ? " " : "  " }, { text: key, paint: "cyan" }, { text: ` ${what.join(" ")}` }];
  });
}

/** Views by their numbers. */
function tabs({ view }: TopState["place"], columns: number): Line {
  const current = view === "job" ? "jobs" : view;
  return VIEWS.flatMap((each, index): readonly Span[] => {
    const name = columns < 72 && each !== current ? "" : ` ${each}`;
    const paint = each === current ? "inverse" : "dim";
    // Without colours the mark alone says where one is.
    return [{ text: " " }, { text: `${each === current ? "▸" : ""}${index + 1}${name}`, paint }];
  });
}

const HELP: readonly Line[] = [
  ...[
    ["1 – 5", "tasks, jobs, workers, errors, schedules"],
    ["↑ ↓ j k", "choose a row; also PgUp, PgDn, g and G"],
    ["Enter", "what is in it: jobs of a task, of a worker, of an error; one job"],
    ["Esc", "back"],
    ["/", "filter: of jobs as taskora jobs list takes it, error:421 age>1h"],
    ["s", "tasks: another order; jobs: another state"],
    ["p", "pause or resume a task, a schedule; quiet or resume a worker"],
    ["r  c", "retry, cancel a job at once"],
    ["R  C  D", "retry, cancel, remove after a question; of a task, an error"],
    ["", "or all jobs that a list chooses. Of more than 100 it asks for"],
    ["", "their number. T triggers a schedule, C closes a worker."],
    ["q", "quit; so does Ctrl-C"],
    ["", ""],
    ["ACT", "run now, or claimed ahead"],
    ["DLY RTY", "wait for their time, or for another attempt"],
    ["IN OUT", "stored and ended per second, of the last five seconds"],
    ["AGE", "how long the oldest waits"],
    ["p95W R", "95 of 100 waited, ran no longer: of the last ten minutes"],
    ["5 min", "ended per second, each bar half a minute"],
  ].map(([keys = "", what = ""]): Line => [{ text: ` ${laid(keys, 9)}`, paint: "cyan" }, { text: what }]),
];

/** The tasks as plain lines for whoever has no terminal. */
export function onceLines(picture: Picture, columns: number): readonly Line[] {
  const { model, state } = picture;
  if (model === undefined) return [];
  const table = tableOf(state.place, model, { loaded: undefined, sort: state.sort });
  if (table === undefined) return [];
  const width = Number.isFinite(columns) ? columns : WIDEST;
  const layout = layoutOf(table.columns, table.rows, width);
  const titles = layout.map(({ column, width: each }) => laid(column.title, each, column.align)).join(" ");
  const rows = table.rows.map((row) => rowLine(row, layout, false).slice(1));
  const empty: readonly Line[] = table.rows.length === 0 ? [[{ text: table.empty }]] : [];
  const problems = model.notes.map(
    ({ what, severity }): Line => [{ text: what, paint: severity === "critical" ? "red" : "yellow" }],
  );
  const head = [...headLines(picture, Math.min(width, 100)), [], [{ text: titles, paint: "dim" as const }]];
  return [...head, ...rows, ...empty, ...(problems.length === 0 ? [] : [[], ...problems])].map((line) =>
    fitted(line, width),
  );
}

/** Without a terminal whole names are written, which other programs read. */
const WIDEST = 400;
