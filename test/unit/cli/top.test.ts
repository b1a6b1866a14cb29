import fc from "fast-check";
import type { TaskInfo, TaskMeasures } from "taskora";
import { describe, expect, it } from "vitest";
import { overviewOf, type Sample } from "../../../src/board/observe/overview.js";
import { TotalsHistory } from "../../../src/board/observe/totals-history.js";
import { barsText } from "../../../src/cli/top/bars.js";
import { laid, lineWidth, painted, shown, widthOf } from "../../../src/cli/top/cells.js";
import {
  asked,
  firstState,
  type Key,
  pressed,
  type Scene,
  type TopState,
} from "../../../src/cli/top/keys.js";
import { modelOf, type TopModel } from "../../../src/cli/top/model.js";
import { rateText, shortCount, shortLength } from "../../../src/cli/top/numbers.js";
import type { Loaded } from "../../../src/cli/top/place.js";
import { changedText, Screen, type ScreenStreams, sizeOf } from "../../../src/cli/top/screen.js";
import { whereOf } from "../../../src/cli/top/tables.js";
import { frameOf, onceLines, type Picture } from "../../../src/cli/top/view.js";

const NOW = 1_800_000_000_000;
const NONE = {
  ...{ waiting: 0, delayed: 0, active: 0, completed: 0, failed: 0, retrying: 0, cancelled: 0, expired: 0 },
};
const OUT = { completed: 0, failed: 0, cancelled: 0, expired: 0 };

function aTask(name: string, change: Partial<Omit<TaskInfo, "counts">> = {}, counts: object = {}): TaskInfo {
  return { name, contract: name, counts: { ...NONE, ...counts }, workers: 1, ...change };
}

function aSample(tasks: readonly TaskInfo[], change: Partial<Sample> = {}): Sample {
  return { at: NOW, tasks, measured: new Map(), history: new Map(), ...change };
}

function modelIn(sample: Sample): TopModel {
  return modelOf(overviewOf(sample));
}

function aPicture(sample: Sample | undefined, change: Partial<Picture> = {}): Picture {
  return {
    ...{ state: firstState(), loaded: undefined, store: "redis://h:6379", intervalMs: 1000 },
    ...{ model: sample === undefined ? undefined : modelIn(sample), jobLines: () => ["id a"] },
    ...change,
  };
}

function screenText(picture: Picture, columns: number, rows = 24): readonly string[] {
  return frameOf(picture, { columns, rows }).lines.map((line) => painted(line, false));
}

const HOSTILE = [
  "日本語のタスク",
  "👩‍👩‍👧🇩🇪",
  "e\u0301\u0301\u0301\u0301",
  "\u001b[31mred\r\n",
  "\u202eabc",
  "\ud800",
  "a".repeat(300),
];

describe("text in cells", () => {
  it.each([
    ["plain", "abc", 3],
    ["wide letters", "日本", 4],
    ["emoji", "🙂x", 3],
    ["a joined picture, which terminals show in different widths", "👩‍👧", 4],
    ["a flag, which is two letters then", "🇩🇪", 2],
    ["marks", "e\u0301n", 2],
    ["an escape sequence", "\u001b[31m", 8],
    ["half a character", "\ud800", 1],
  ])("is as wide as the terminal shows it: %s", (_name, text, width) => {
    expect(widthOf(shown(text))).toBe(width);
  });

  it("fills exactly its cells, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 40 }), (text, width) => {
        expect(widthOf(laid(shown(text), width))).toBe(width);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
        expect(shown(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
    );
  });
});

describe("the screen", () => {
  it("has as many lines as the terminal, none wider, at any size, with names that others chose", () => {
    const tasks = HOSTILE.map((name) =>
      aTask(name, { oldestWaitingSince: NOW - 1e6 }, { waiting: 1e9, failed: 1e7 }),
    );
    const loadeds: readonly (Loaded | undefined)[] = [
      undefined,
      { view: "schedules", schedules: [] },
      { view: "jobs", problem: HOSTILE.join(" ") },
    ];
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(...loadeds),
        fc.constantFrom("tasks", "jobs", "job", "workers", "errors", "schedules"),
        fc.constantFrom(...HOSTILE),
        (columns, rows, loaded, view, text) => {
          const first = firstState({ view, filter: text, state: "all", index: 3, scroll: 9, task: text });
          const notices: readonly Partial<TopState>[] = [{}, { notice: shown(text) }, { isHelp: true }];
          for (const notice of notices) {
            const picture = aPicture(aSample(tasks), { loaded, state: { ...first, ...notice }, store: text });
            const { lines } = frameOf(picture, { columns, rows });
            expect(lines).toHaveLength(rows);
            for (const line of lines) expect(lineWidth(line)).toBeLessThanOrEqual(columns);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("leaves out columns where there is no room, and keeps what waits and fails", () => {
    const picture = aPicture(aSample([aTask("email.send", {}, { waiting: 812, failed: 3 })]));
    expect(screenText(picture, 120)[2]).toMatch(
      /TASK +WAIT +ACT +DLY +RTY +FAIL +IN\/s +OUT\/s +AGE +p95W +p95R 5 min +DONE +WORK/,
    );
    expect(screenText(picture, 80)[2]?.trim().split(/ +/)).toEqual([
      "TASK",
      "WAIT",
      "ACT",
      "DLY",
      "RTY",
      "FAIL",
      "IN/s",
      "OUT/s",
      "AGE",
      "p95W",
      "p95R",
    ]);
    expect(screenText(picture, 40)[2]?.trim().split(/ +/)).toEqual(["TASK", "WAIT", "ACT", "FAIL", "AGE"]);
    expect(screenText(picture, 80)[3]).toMatch(/^▸email\.send +812 +· +· +· +3 /);
  });

  it("says what is wrong as the doctor does, or that nothing is", () => {
    const fine = screenText(aPicture(aSample([aTask("a", {}, { waiting: 1 })])), 100);
    expect(fine[0]).toMatch(/ OK$/);
    const stuck = aTask("a", { workers: 0, oldestWaitingSince: NOW - 240_000 }, { waiting: 2 });
    const lines = screenText(aPicture(aSample([stuck])), 100);
    expect(lines[0]).toMatch(/✖ 1 task stuck │ oldest 4m a$/);
    expect(lines.join("\n")).toContain("Nobody works on a, and 2 of its jobs wait.");
  });

  it("shows how busy workers are, and which are lost", () => {
    const worker = {
      host: "h",
      pid: 1,
      startedAt: NOW - 60_000,
      seenAt: NOW,
      silentMs: 0,
      state: "running",
    } as const;
    const task = { task: "a", version: 1, fingerprint: "f", slots: 5, running: 3 };
    const vitals = { at: NOW, ageMs: 0, running: 3, jobs: [], rssBytes: 2 ** 27, lagMs: 12 };
    const workers = [
      { ...worker, id: "w1", tasks: [task], vitals },
      { ...worker, id: "w2", tasks: [task], vitals, state: "lost", silentMs: 20_000 },
    ] as unknown as NonNullable<Sample["workers"]>;
    const state = firstState({ view: "workers", filter: "", state: "all", index: 0, scroll: 0 });
    const lines = screenText(aPicture(aSample([aTask("a")], { workers }), { state }), 120);
    expect(lines[1]).toContain("Workers 2 busy 3/5  ■■■■■■□□□□");
    expect(lines[3]).toMatch(/w1 +running +h +1 +1m +3\/5 +128MB +12ms a/);
    expect(lines[4]).toMatch(/w2 +lost 20s/);
  });

  it("keeps what it knows while the store is away, and says since when", () => {
    const away = { ms: 72_000, why: "No answer within 5 s." };
    const lines = screenText(aPicture(aSample([aTask("email.send")]), { away }), 100);
    expect(lines[0]).toContain("store away for 1m12s");
    expect(lines.join("\n")).toContain("No answer within 5 s. What is shown is old.");
    expect(lines[3]).toContain("email.send");
    expect(screenText(aPicture(undefined, { away }), 100)[2]).toContain("No answer within 5 s.");
  });

  it("keeps the chosen row in sight", () => {
    const tasks = Array.from({ length: 100 }, (_, index) => aTask(`task.${index + 100}`));
    const state = firstState({
      view: "tasks",
      filter: "",
      state: "all",
      index: 0,
      scroll: 0,
      key: "task.177",
    });
    const picture = aPicture(aSample(tasks), { state });
    expect(screenText(picture, 80).filter((line) => line.startsWith("▸"))[0]).toContain("task.177");
  });

  it("writes whole names where there is no terminal", () => {
    const name = "a".repeat(90);
    const lines = onceLines(aPicture(aSample([aTask(name)])), Infinity).map((line) => painted(line, false));
    expect(lines.some((line) => line.includes(name))).toBe(true);
  });

  it("takes a terminal without a size for one of 80 by 24", () => {
    expect(sizeOf({ columns: 0, rows: 0 })).toEqual({ columns: 80, rows: 24 });
  });
});

describe("what is written", () => {
  it("are the lines that changed", () => {
    expect(changedText(["a", "b"], ["a", "c"])).toBe("\u001b[2;1H\u001b[2Kc");
    expect(changedText(["a"], ["a"])).toBe("");
  });

  it("stays under 20 KB a frame where every cell changes", () => {
    const frame = (count: number) => {
      const tasks = Array.from({ length: 60 }, (_, index) =>
        aTask(`task.${index}`, {}, { waiting: count, failed: count, retrying: count }),
      );
      const { lines } = frameOf(aPicture(aSample(tasks)), { columns: 160, rows: 50 });
      return lines.map((line) => painted(line, true));
    };
    const bytes = Buffer.byteLength(changedText(frame(1), frame(2)));
    expect(bytes).toBeGreaterThan(1000);
    expect(bytes).toBeLessThan(20_000);
  });

  it("gives the terminal back once, as it was", () => {
    const written: string[] = [];
    const modes: boolean[] = [];
    const events = {
      on: () => undefined,
      off: () => undefined,
      resume: () => undefined,
      pause: () => undefined,
    };
    const stdin = { ...events, listenerCount: () => 1, setRawMode: (mode: boolean) => modes.push(mode) };
    const stdout = {
      ...events,
      write: (text: string) => written.push(text),
      columns: 80,
      rows: 24,
      writableNeedDrain: false,
    };
    const streams = { stdin, stdout } as unknown as ScreenStreams;
    const screen = new Screen(streams, {
      onKey: () => undefined,
      onResize: () => undefined,
      onEnd: () => undefined,
    });
    screen.enter();
    screen.draw(["x"]);
    screen.leave();
    screen.leave();
    screen.draw(["y"]);
    expect(modes).toEqual([true, false]);
    const all = written.join("");
    expect([all.slice(0, 8), all.slice(-8), all.split("\u001b[?1049l").length]).toEqual([
      "\u001b[?1049h",
      "\u001b[?1049l",
      2,
    ]);
    expect(all).toContain("x");
    expect(all).not.toContain("y");
  });
});

describe("rates", () => {
  it("are those of the last five seconds of exact counters", () => {
    const history = new TotalsHistory();
    for (let second = 0; second <= 20; second++)
      history.add({
        at: NOW + second * 1000,
        in: second * 100,
        out: { ...OUT, completed: second * 10, failed: second },
      });
    expect(history.rates()).toEqual({ in: 100, out: 11, failed: 1 });
  });

  it("begin anew where the counters went back", () => {
    const history = new TotalsHistory();
    history.add({ at: NOW, in: 100, out: OUT });
    history.add({ at: NOW + 1000, in: 3, out: OUT });
    expect(history.rates()).toBeUndefined();
    history.add({ at: NOW + 2000, in: 5, out: OUT });
    expect(history.rates()?.in).toBe(2);
  });

  it("of five minutes come from workers before, and from counters since it looks", () => {
    const history = new TotalsHistory();
    const none = { count: 0 };
    const step = {
      completed: 60,
      failed: 0,
      retried: 0,
      cancelled: 0,
      released: 0,
      stalled: 0,
      wait: none,
      run: none,
    };
    history.seed([0, 1, 2, 3, 4].map((minute) => ({ ...step, at: NOW - (5 - minute) * 60_000 })));
    history.add({ at: NOW, in: 0, out: OUT });
    expect(history.bars()).toEqual(Array.from({ length: 10 }, () => 1));
    for (let second = 1; second <= 30; second++)
      history.add({ at: NOW + second * 1000, in: 0, out: { ...OUT, completed: second * 7 } });
    expect(history.bars().at(-1)).toBe(7);
    expect(barsText([null, 0, 3.5, 7])).toBe("       ▁▅█".padStart(10));
  });
});

it.each([
  [shortCount(9999), "9999"],
  [shortCount(84_102), "84k"],
  [shortCount(1_234_567), "1.2M"],
  [rateText(0.01), "<0.1"],
  [rateText(9.96), "10"],
  [shortLength(1234), "1.2s"],
  [shortLength(59_999), "59s"],
  [shortLength(3_700_000), "1h"],
])("numbers take few cells: %s", (text, expected) => {
  expect(text).toBe(expected);
});

describe("keys", () => {
  const ROWS: Scene = {
    height: 10,
    rows: ["a", "b", "c"].map((task) => ({
      key: task,
      cells: [],
      target: { kind: "task", task, isPaused: task === "b" },
    })),
  };
  const EMPTY: Scene = { height: 10, rows: [] };

  /** The state after some keys, and the effect of the last. */
  function typed(keys: readonly (string | Key)[], scene: Scene = ROWS, first: TopState = firstState()) {
    let step: ReturnType<typeof pressed> = { state: first };
    for (const key of keys) {
      const named =
        typeof key === "string"
          ? key.length > 1
            ? { name: key }
            : { name: key.toLowerCase(), text: key }
          : key;
      step = pressed(step.state, named, scene);
    }
    return step;
  }

  it("end it: q, and Ctrl-C wherever somebody is", () => {
    expect(typed(["q"]).effect).toEqual({ kind: "quit" });
    expect(typed(["/", { name: "c", ctrl: true }]).effect).toEqual({ kind: "quit" });
  });

  it("choose rows, and never one that is not there", () => {
    expect(typed(["down", "j", "down", "down"]).state.place).toMatchObject({ key: "c", index: 2 });
    expect(typed(["G", "up"]).state.place).toMatchObject({ key: "b" });
    expect(typed(["down", "pageup"], EMPTY).state.place.index).toBe(0);
  });

  it("stay with a row that moved, and go to its neighbour when it went", () => {
    const { state } = typed(["down"]);
    const moved = { ...ROWS, rows: ROWS.rows.toReversed() };
    expect(typed(["down"], moved, state).state.place.key).toBe("a");
    const gone = { ...ROWS, rows: ROWS.rows.filter(({ key }) => key !== "b") };
    expect(typed(["p"], gone, state).effect).toMatchObject({ action: { target: { task: "c" } } });
  });

  it("open and come back", () => {
    const opened = typed(["down", "return"]);
    expect(opened).toMatchObject({ state: { place: { view: "jobs", task: "b" } }, effect: { kind: "load" } });
    expect(typed(["escape"], ROWS, opened.state).state.place).toMatchObject({ view: "tasks", key: "b" });
    expect(typed(["4"], ROWS, opened.state).state).toMatchObject({ place: { view: "errors" }, back: [] });
  });

  it("filter while somebody types, and Escape takes it back", () => {
    expect(typed(["/", "m", "a"]).state.place.filter).toBe("ma");
    expect(typed(["/", "m", "backspace", "x", "return"]).state).toMatchObject({ place: { filter: "x" } });
    expect(typed(["/", "m", "escape"]).state).not.toHaveProperty("prompt");
    expect(typed(["/", "m", "escape"]).state.place.filter).toBe("");
    // A q that is typed is no command.
    expect(typed(["/", "q"]).effect).toBeUndefined();
  });

  it("pause at once, and resume what is paused", () => {
    expect(typed(["p"]).effect).toEqual({
      kind: "do",
      action: { verb: "pause", target: ROWS.rows[0]?.target },
    });
    expect(typed(["down", "p"]).effect).toMatchObject({ kind: "do", action: { verb: "resume" } });
  });

  it("in lower case never do to many jobs what upper case asks for", () => {
    expect(typed(["r"])).toMatchObject({
      state: { notice: "R does it to all of this task, after a question." },
    });
    expect(typed(["r"]).effect).toBeUndefined();
    expect(typed(["R"]).effect).toMatchObject({ kind: "count", action: { verb: "retry" } });
  });

  it("confirm few jobs by y alone, and nothing by any other key", () => {
    const { effect, state } = typed(["R"]);
    if (effect?.kind !== "count") throw new Error("It did not ask.");
    const few = asked(state, effect.action, { count: 100, question: "Retry 100 jobs?" });
    expect(typed(["y"], ROWS, few).effect).toEqual({ kind: "do", action: effect.action });
    for (const key of ["return", "n", "escape", " "]) {
      expect(typed([key], ROWS, few)).toEqual({
        state: expect.objectContaining({ notice: "Nothing was changed." }),
      });
    }
    expect(asked(state, effect.action, { count: 0, question: "" })).not.toHaveProperty("prompt");
  });

  it("confirm many jobs by their number alone", () => {
    const { effect, state } = typed(["D"]);
    if (effect?.kind !== "count") throw new Error("It did not ask.");
    const many = asked(state, effect.action, { count: 1204, question: "Remove 1204 jobs?" });
    expect(typed(["y"], ROWS, many).effect).toBeUndefined();
    expect(typed(["1", "2", "0", "return"], ROWS, many)).toMatchObject({
      state: { notice: "Nothing was changed." },
    });
    expect(typed(["1", "2", "0", "4", "return"], ROWS, many).effect).toEqual({
      kind: "do",
      action: effect.action,
    });
  });

  it("quiet a worker and resume it, and close it after a question", () => {
    const worker = (isPaused: boolean): Scene => ({
      height: 5,
      rows: [{ key: "w", cells: [], target: { kind: "worker", id: "w", isPaused } }],
    });
    expect(typed(["p"], worker(false)).effect).toMatchObject({ kind: "do", action: { verb: "quiet" } });
    expect(typed(["p"], worker(true)).effect).toMatchObject({ kind: "do", action: { verb: "resume" } });
    expect(typed(["C"], worker(false)).effect).toMatchObject({ kind: "count", action: { verb: "close" } });
  });

  it("mean the whole list in upper case where jobs are", () => {
    const first = firstState({
      view: "jobs",
      task: "a",
      filter: "error:421",
      state: "failed",
      index: 0,
      scroll: 0,
    });
    expect(typed(["R"], EMPTY, first).effect).toEqual({
      kind: "count",
      action: { verb: "retry", target: { kind: "jobs", task: "a", state: "failed", where: "error:421" } },
    });
  });
});

it("a kind of error becomes a filter by what does not change in it", () => {
  expect(whereOf({ name: "Error", message: 'SMTP <n> for <text> try "again"' })).toBe('error:"again"');
  expect(whereOf({ name: "RangeError", message: "<n>" })).toBe('error:"RangeError"');
  expect(whereOf({ name: "Error", code: "ECONNREFUSED", message: "connect <ip>" })).toBe(
    'code:ECONNREFUSED error:"connect"',
  );
});

it("tasks are judged by what was measured of them", () => {
  const none = { count: 0 };
  const lately: TaskMeasures = {
    ...{
      completed: 50,
      failed: 50,
      retried: 0,
      cancelled: 0,
      released: 0,
      stalled: 0,
      wait: none,
      run: { count: 100, p95: 300 },
    },
  };
  const model = modelIn(aSample([aTask("a")], { measured: new Map([["a", { hour: lately, lately }]]) }));
  expect(model.rows[0]).toMatchObject({ runP95Ms: 300, severity: "warning" });
  expect(model.notes[0]?.what).toBe("50 % of the last 100 runs of a failed, 50 of them for good.");
});
