/** The rule of a schedule in words. A cron expression that has no simple ones is told field by field. */

/** What a schedule says of when. */
export interface ScheduleRule {
  /** In ms. */
  readonly every?: number;
  readonly cron?: string;
  readonly timezone?: string;
}

/** `every 5 minutes`, `at 09:30 on weekdays (Europe/Berlin)`. */
export function ruleInWords({ every, cron, timezone = "UTC" }: ScheduleRule): string {
  if (every !== undefined) return `every ${lengthInWords(every)}`;
  return cron === undefined ? "never" : `${cronInWords(cron)} (${timezone})`;
}

const UNITS = [
  ["week", 604_800_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
  ["ms", 1],
] as const;

/** `5 minutes`, `1 hour 30 minutes`; of one unit the unit alone. */
export function lengthInWords(ms: number): string {
  const whole = UNITS.find(([, size]) => ms === size);
  if (whole !== undefined && whole[0] !== "ms") return whole[0];
  const parts: string[] = [];
  let left = Math.round(ms);
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    if (count === 0) continue;
    parts.push(`${count} ${unit === "ms" || count === 1 ? unit : `${unit}s`}`);
    left -= count * size;
  }
  return parts.length === 0 ? "0 ms" : parts.join(" ");
}

const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS = [
  ...["", "January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];
/** Longer ones are told as they are. */
const LONGEST = 256;

/** A cron expression of five fields, or of six with seconds, in words; one that is otherwise as it is. */
export function cronInWords(expression: string): string {
  const trimmed = expression.trim();
  if (trimmed.length > LONGEST) return `${trimmed.slice(0, LONGEST)}…`;
  const fields = (NICKNAMES[trimmed.toLowerCase()] ?? trimmed).split(/\s+/);
  const [second = "", ...rest] = fields.length === 5 ? ["0", ...fields] : fields;
  const [minute, hour, day, month, weekday, ...more] = rest;
  if (minute === undefined || hour === undefined || day === undefined) return trimmed;
  if (month === undefined || weekday === undefined || more.length > 0) return trimmed;
  const days = daysInWords({ day, month, weekday });
  return [timeInWords({ second, minute, hour }), days].filter((part) => part !== "").join(" ");
}

interface TimeFields {
  readonly second: string;
  readonly minute: string;
  readonly hour: string;
}

function timeInWords({ second, minute, hour }: TimeFields): string {
  const isWhole = isZero(second);
  if (isPlain(minute) && isPlainList(hour) && (isWhole || isPlain(second))) {
    const tail = isWhole ? "" : `:${two(second)}`;
    return `at ${andList(hour.split(",").map((each) => `${two(each)}:${two(minute)}${tail}`))}`;
  }
  if (!isWhole) return secondsInWords({ second, minute, hour });
  const of = hour === "*" ? "" : ` ${hoursInWords(hour)}`;
  if (minute === "*") return `every minute${of}`;
  const step = stepWords(minute, "minute");
  if (step !== undefined) return `${step}${of}`;
  const everyHour = hour === "*" ? "every hour" : stepWords(hour, "hour");
  if (everyHour === undefined) return `at minute ${spoken(minute)} ${hoursInWords(hour)}`;
  return isZero(minute) ? everyHour : `${everyHour} at minute ${spoken(minute)}`;
}

function secondsInWords({ second, minute, hour }: TimeFields): string {
  const seconds =
    second === "*" ? "every second" : (stepWords(second, "second") ?? `at second ${spoken(second)}`);
  const minutes = minute === "*" ? "" : ` of ${stepWords(minute, "minute") ?? `minute ${spoken(minute)}`}`;
  return `${seconds}${minutes}${hour === "*" ? "" : ` ${hoursInWords(hour)}`}`;
}

function hoursInWords(hour: string): string {
  const range = /^(\d+)-(\d+)$/.exec(hour);
  if (range !== null) return `from ${two(range[1])}:00 to ${two(range[2])}:59`;
  return `in ${stepWords(hour, "hour") ?? `hour ${spoken(hour)}`}`;
}

/** `*\/5` and `0/5` in words. */
function stepWords(field: string, unit: string): string | undefined {
  const found = /^(?:\*|0)\/(\d+)$/.exec(field);
  if (found === null) return undefined;
  return Number(found[1]) === 1 ? `every ${unit}` : `every ${found[1]} ${unit}s`;
}

interface DayFields {
  readonly day: string;
  readonly month: string;
  readonly weekday: string;
}

function daysInWords({ day, month, weekday }: DayFields): string {
  const parts = [isAny(day) ? "" : dayOfMonth(day), isAny(weekday) ? "" : daysOfWeek(weekday)];
  const days = parts.filter((part) => part !== "").join(weekday.startsWith("+") ? " if it is " : " or ");
  if (isAny(month)) return days;
  return `${days === "" ? "every day" : days} in ${named(month, MONTHS)}`;
}

function dayOfMonth(field: string): string {
  if (field === "L") return "on the last day of the month";
  if (field === "LW") return "on the last weekday of the month";
  const step = stepWords(field, "day");
  return step === undefined ? `on day ${spoken(field)} of the month` : `${step} of the month`;
}

const WHICH: Readonly<Record<string, string>> = {
  ...{ 1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", L: "last" },
};

function daysOfWeek(field: string): string {
  const plain = field.replace(/^\+/, "").toUpperCase();
  if (plain === "1-5" || plain === "MON-FRI") return "on weekdays";
  if (["0,6", "6,0", "6,7", "SAT,SUN", "SUN,SAT"].includes(plain)) return "at weekends";
  const [, day, which] = /^([A-Z0-9]+)#([1-5L])$/.exec(plain) ?? [];
  if (day === undefined || which === undefined) return `on ${named(plain, DAYS)}`;
  return `on the ${WHICH[which]} ${named(day, DAYS)} of the month`;
}

/** Numbers and short names as whole names. */
function named(field: string, names: readonly string[]): string {
  const name = (text = ""): string => {
    const isShort = (each: string) => each !== "" && each.slice(0, 3).toUpperCase() === text.toUpperCase();
    return names.find(isShort) ?? (/^\d+$/.test(text) ? (names[Number(text)] ?? text) : text);
  };
  const parts = field.split(",").map((part) => {
    const [, from, to] = /^([A-Za-z]+|\d+)-([A-Za-z]+|\d+)$/.exec(part) ?? [];
    return from === undefined ? name(part) : `${name(from)} to ${name(to)}`;
  });
  return andList(parts);
}

function isAny(field: string): boolean {
  return field === "*" || field === "?";
}

function isZero(field: string): boolean {
  return field === "0" || field === "00";
}

function isPlain(field: string): boolean {
  return /^\d{1,2}$/.test(field);
}

function isPlainList(field: string): boolean {
  return /^\d{1,2}(,\d{1,2}){0,4}$/.test(field);
}

/** `1,2,5-7` as `1, 2 and 5 to 7`. */
function spoken(field: string): string {
  return andList(field.split(",").map((part) => part.replace(/^(\d+)-(\d+)$/, "$1 to $2")));
}

function andList(parts: readonly string[]): string {
  const last = parts.at(-1) ?? "";
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
}

function two(number = ""): string {
  return number.padStart(2, "0");
}
