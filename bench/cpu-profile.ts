/** Reads what `node --cpu-prof` wrote: time per function and per source file, within one stretch of time. */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import type { Window } from "./meter.js";

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** µs of the monotonic clock. */
  readonly startTime: number;
  /** Node id per sample. */
  readonly samples: readonly number[];
  /** µs since the sample before. */
  readonly timeDeltas: readonly number[];
}

/** Self time by name, in µs, largest first. */
export type SelfTimes = readonly (readonly [name: string, micros: number])[];

export interface ProfileSummary {
  /** Time in which the process waited. */
  readonly idleMicros: number;
  readonly functions: SelfTimes;
  readonly files: SelfTimes;
}

export function summarizeProfile(path: string, window: Window | undefined): ProfileSummary {
  const profile = JSON.parse(readFileSync(path, "utf8")) as CpuProfile;
  const places = new Map(profile.nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const functions = new Map<string, number>();
  const files = new Map<string, number>();
  let idleMicros = 0;
  let at = profile.startTime;
  profile.samples.forEach((id, index) => {
    const micros = profile.timeDeltas[index] ?? 0;
    at += micros;
    if (window !== undefined && (at < window.fromMs * 1000 || at > window.toMs * 1000)) return;
    const place = places.get(id) ?? { file: "?", name: "?" };
    if (place.name === IDLE) {
      idleMicros += micros;
      return;
    }
    add(functions, `${place.name}  ${place.file}`, micros);
    add(files, place.file, micros);
  });
  return { idleMicros, functions: largestFirst(functions), files: largestFirst(files) };
}

/** What the profiler calls waiting. */
const IDLE = "(idle)";

function add(times: Map<string, number>, name: string, micros: number): void {
  times.set(name, (times.get(name) ?? 0) + micros);
}

function largestFirst(times: ReadonlyMap<string, number>): SelfTimes {
  return [...times].sort(([, left], [, right]) => right - left);
}

interface Place {
  readonly name: string;
  readonly file: string;
}

/** Where a function stands in the sources; built files are looked up in their maps. */
function placeOf({ functionName, url, lineNumber, columnNumber }: CallFrame): Place {
  const name = functionName === "" ? `(anonymous :${lineNumber + 1})` : functionName;
  if (url === "") return { name, file: "(engine)" };
  if (url.startsWith("node:")) return { name, file: url };
  const file = url.startsWith("file:") ? fileURLToPath(url) : url;
  const source = mapOf(file)?.findEntry(lineNumber, columnNumber);
  const original = source !== undefined && "originalSource" in source ? source.originalSource : file;
  return { name, file: shortPath(original) };
}

const maps = new Map<string, SourceMap | undefined>();

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) {
    const path = `${file}.map`;
    maps.set(file, existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, "utf8"))) : undefined);
  }
  return maps.get(file);
}

function shortPath(path: string): string {
  const inModules = path.lastIndexOf("node_modules/");
  if (inModules >= 0) return path.slice(inModules + "node_modules/".length);
  return path.replace(/^.*?((?:src|bench)\/)/, "$1");
}
