/** What keys do: from a state to the next, with what has to be carried out. Nothing is read or written in here. */
import { JOB_VIEWS, type Place, placeOf, type Target, type TopRow, VIEWS } from "./place.js";
import { SORTS, type Sort } from "./tables.js";

/** What can be done to what is chosen. */
export type TopVerb = "retry" | "cancel" | "remove" | "pause" | "resume" | "trigger" | "quiet" | "close";

/** Something to be done. */
export interface TopAction {
  readonly verb: TopVerb;
  readonly target: Target;
}

/** A question at the foot of the screen. */
export type Prompt =
  | { readonly kind: "filter"; readonly text: string; readonly before: string }
  /** Of more jobs than {@link FEW} their number has to be typed. */
  | {
      readonly kind: "confirm";
      readonly action: TopAction;
      readonly question: string;
      readonly count: number;
      readonly typed: string;
    };

/** Everything that keys decide. */
export interface TopState {
  readonly place: Place;
  /** Where Escape leads, the last one last. */
  readonly back: readonly Place[];
  readonly sort: Sort;
  readonly isHelp: boolean;
  readonly prompt?: Prompt;
  /** What was done, or why it was not; until the next key. */
  readonly notice?: string;
}

/** What has to be carried out. */
export type Effect =
  | { readonly kind: "quit" | "load" }
  /** Counts what an action is about; the answer comes by {@link asked}. */
  | { readonly kind: "count"; readonly action: TopAction }
  | { readonly kind: "do"; readonly action: TopAction };

/** A key, as Node's readline names it. */
export interface Key {
  readonly name?: string | undefined;
  /** What was typed, control characters included. */
  readonly text?: string | undefined;
  readonly ctrl?: boolean | undefined;
}

/** What is on the screen when a key comes. */
export interface Scene {
  readonly rows: readonly TopRow[];
  /** Rows of the table that are visible. */
  readonly height: number;
}

/** A state, and what has to be carried out. */
export interface Step {
  readonly state: TopState;
  readonly effect?: Effect;
}

/** So many are confirmed by one key. */
export const FEW = 100;

/** Before the first key. */
export function firstState(place: Place = placeOf("tasks")): TopState {
  return { place, back: [], sort: "name", isHelp: false };
}

/** The row that is chosen: the one that was, wherever it stands now, else what stands in its place. */
export function chosenIndex({ key, index }: Place, rows: readonly Pick<TopRow, "key">[]): number {
  const found = key === undefined ? -1 : rows.findIndex((row) => row.key === key);
  return found >= 0 ? found : Math.max(0, Math.min(index, rows.length - 1));
}

/** What a key does. */
export function pressed(before: TopState, key: Key, scene: Scene): Step {
  if (key.ctrl === true && key.name === "c") return { state: before, effect: { kind: "quit" } };
  const { notice: _, ...state } = before;
  if (state.prompt !== undefined) return inPrompt({ ...state, prompt: state.prompt }, key);
  if (state.isHelp) return { state: { ...state, isHelp: false } };
  const moved = movedBy(key, state, scene);
  if (moved !== undefined) return { state: moved };
  if (key.name === "escape" || key.name === "backspace") return backwards(state);
  if (key.name === "return" || key.name === "enter") return opened(state, scene);
  return byLetter(state, key.text ?? "", scene);
}

function movedBy({ name, text, ctrl }: Key, state: TopState, { rows, height }: Scene): TopState | undefined {
  const page = Math.max(1, height - 1);
  const steps: Readonly<Record<string, number>> = {
    ...{ up: -1, k: -1, down: 1, j: 1, pageup: -page, pagedown: page },
    ...{ home: -Infinity, end: Infinity, g: -Infinity, G: Infinity },
  };
  const isLetter = text !== undefined && /^[kjgG]$/.test(text);
  const known = isLetter ? text : (name ?? "").length > 1 ? name : undefined;
  const by = ctrl === true || known === undefined ? undefined : steps[known];
  if (by === undefined) return undefined;
  const { place } = state;
  if (place.view === "job") return { ...state, place: { ...place, scroll: bounded(place.scroll + by, 1e6) } };
  const index = bounded(chosenIndex(place, rows) + by, rows.length - 1);
  const row = rows[index];
  return { ...state, place: { ...place, index, ...(row === undefined ? {} : { key: row.key }) } };
}

function bounded(value: number, most: number): number {
  return Math.max(0, Math.min(value, most));
}

function backwards(state: TopState): Step {
  const { back, place } = state;
  const last = back.at(-1);
  if (last !== undefined)
    return { state: { ...state, place: last, back: back.slice(0, -1) }, effect: { kind: "load" } };
  if (place.filter !== "")
    return { state: { ...state, place: { ...place, filter: "" } }, effect: { kind: "load" } };
  return { state };
}

function into(state: TopState, place: Place): Step {
  return { state: { ...state, place, back: [...state.back, state.place] }, effect: { kind: "load" } };
}

function opened(state: TopState, { rows }: Scene): Step {
  const target = rows[chosenIndex(state.place, rows)]?.target;
  switch (target?.kind) {
    case "task":
      return into(state, placeOf("jobs", { task: target.task }));
    case "job":
      return into(state, placeOf("job", { task: target.task, id: target.id }));
    case "error":
      return into(state, placeOf("jobs", { task: target.task, state: "failed", filter: target.where }));
    case "worker":
      return into(state, placeOf("jobs", { state: "active", filter: `worker:"${target.id}"` }));
    default:
      return { state };
  }
}

function byLetter(state: TopState, letter: string, scene: Scene): Step {
  const view = VIEWS[Number(letter) - 1];
  if (/^\d$/.test(letter) && view !== undefined)
    return { state: { ...state, place: placeOf(view), back: [] }, effect: { kind: "load" } };
  switch (letter) {
    case "q":
      return { state, effect: { kind: "quit" } };
    case "?":
    case "h":
      return { state: { ...state, isHelp: true } };
    case "/":
      if (state.place.view === "job") return { state };
      return {
        state: { ...state, prompt: { kind: "filter", text: state.place.filter, before: state.place.filter } },
      };
    case "s":
      return sorted(state);
    default:
      return acted(state, letter, scene);
  }
}

function sorted(state: TopState): Step {
  const { place, sort } = state;
  if (place.view === "tasks") return { state: { ...state, sort: after(SORTS, sort) } };
  if (place.view !== "jobs") return { state };
  const next = after(JOB_VIEWS, place.state as (typeof JOB_VIEWS)[number]);
  return {
    state: { ...state, place: { ...place, state: next, index: 0, scroll: 0 } },
    effect: { kind: "load" },
  };
}

function after<T>(list: readonly T[], item: T): T {
  return list[(list.indexOf(item) + 1) % list.length] as T;
}

const VERBS: Readonly<Record<string, TopVerb>> = {
  ...{ r: "retry", R: "retry", c: "cancel", C: "cancel", D: "remove", p: "pause", T: "trigger" },
};
/** The same keys, by the words for workers. */
const OF_WORKERS: Readonly<Partial<Record<TopVerb, TopVerb>>> = { pause: "quiet", cancel: "close" };
/** What can be done to one of a kind, by lowercase letters at once, by uppercase ones after a question. */
const ALLOWED: Readonly<Record<Target["kind"], string>> = {
  ...{ task: "pRCD", job: "rcD", error: "RD", worker: "pC", schedule: "pTD", jobs: "RC" },
};

function acted(state: TopState, letter: string, { rows }: Scene): Step {
  const verb = VERBS[letter];
  const target = verb === undefined ? undefined : targetOf(state.place, letter, rows);
  if (verb === undefined || target === undefined) return { state };
  if (!ALLOWED[target.kind].includes(letter)) return { state: { ...state, notice: hintFor(letter, target) } };
  const isPaused = "isPaused" in target && target.isPaused;
  const named = target.kind === "worker" ? (OF_WORKERS[verb] ?? verb) : verb;
  const action: TopAction = { verb: verb === "pause" && isPaused ? "resume" : named, target };
  return { state, effect: { kind: letter === letter.toUpperCase() ? "count" : "do", action } };
}

function targetOf(place: Place, letter: string, rows: readonly TopRow[]): Target | undefined {
  const { view, task, id, state, filter } = place;
  if (view === "job") return task === undefined || id === undefined ? undefined : { kind: "job", task, id };
  if (view === "jobs" && /[RC]/.test(letter))
    return { kind: "jobs", state, where: filter, ...(task === undefined ? {} : { task }) };
  return rows[chosenIndex(place, rows)]?.target;
}

function hintFor(letter: string, { kind }: Target): string {
  const upper = letter.toUpperCase();
  if (letter !== upper && ALLOWED[kind].includes(upper))
    return `${upper} does it to all of this ${kind}, after a question.`;
  return `${letter} does nothing to a ${kind === "jobs" ? "list of jobs" : kind}.`;
}

/** What an action is about was counted: asks whether to do it. */
export function asked(
  state: TopState,
  action: TopAction,
  counted: { count: number; question: string },
): TopState {
  if (counted.count === 0) return { ...state, notice: "There is nothing to do it to." };
  return { ...state, prompt: { kind: "confirm", action, typed: "", ...counted } };
}

type Prompted = TopState & { readonly prompt: Prompt };

function inPrompt(state: Prompted, key: Key): Step {
  const { prompt, ...rest } = state;
  if (key.name === "escape") {
    if (prompt.kind === "confirm") return { state: { ...rest, notice: "Nothing was changed." } };
    return { state: { ...rest, place: { ...rest.place, filter: prompt.before } }, effect: { kind: "load" } };
  }
  return prompt.kind === "filter" ? inFilter(rest, prompt, key) : inConfirm(rest, prompt, key);
}

function inFilter(state: TopState, prompt: Prompt & { kind: "filter" }, key: Key): Step {
  const place = { ...state.place, filter: prompt.text.trim(), index: 0 };
  if (key.name === "return" || key.name === "enter")
    return { state: { ...state, place }, effect: { kind: "load" } };
  const text = edited(prompt.text, key);
  // Rows that are there already are chosen while somebody types; jobs are looked for once it is written.
  const isLive = state.place.view !== "jobs";
  return {
    state: {
      ...state,
      ...(isLive ? { place: { ...state.place, filter: text.trim(), index: 0 } } : {}),
      prompt: { ...prompt, text },
    },
  };
}

function inConfirm(state: TopState, prompt: Prompt & { kind: "confirm" }, key: Key): Step {
  const { action, count, typed } = prompt;
  const nothing: Step = { state: { ...state, notice: "Nothing was changed." } };
  const done: Step = { state, effect: { kind: "do", action } };
  if (count <= FEW) return key.text === "y" || key.text === "Y" ? done : nothing;
  if (key.name === "return" || key.name === "enter") return typed.trim() === String(count) ? done : nothing;
  return { state: { ...state, prompt: { ...prompt, typed: edited(typed, key) } } };
}

function edited(text: string, { name, text: typed = "", ctrl }: Key): string {
  if (ctrl === true) return name === "u" ? "" : text;
  if (name === "backspace") return [...text].slice(0, -1).join("");
  return /^\P{C}+$/u.test(typed) ? (text + typed).slice(0, 400) : text;
}

/** What is asked at the foot of the screen. */
export function promptText(prompt: Prompt): string {
  if (prompt.kind === "filter") return `/${prompt.text}`;
  const { question, count, typed } = prompt;
  if (count <= FEW) return `${question} (y/N)`;
  return `${question} Type ${count} and Enter: ${typed}`;
}
