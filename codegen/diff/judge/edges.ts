import type { SchemaSide } from "../../../src/schema/wire-types.js";
import type { Direction } from "../change.js";
import type { Verdict } from "./settle.js";

/** Who reads what another version of the contract wrote. */
export type EdgeId =
  | "queuedJobs"
  | "rollingDeploy"
  | "resultReaders"
  | "storedResults"
  | "messageReaders"
  | "storedMessages";

/** One of the questions a change has to answer. */
export interface Edge {
  /** For people, such as "jobs already queued". */
  readonly title: string;
  readonly side: SchemaSide;
  readonly direction: Direction;
  /** For people: whose version writes the values, such as "an old producer". */
  readonly writer: string;
  /** For people: whose version reads them. */
  readonly reader: string;
}

/** The questions, each about one schema and one direction. */
export const EDGES: Readonly<Record<EdgeId, Edge>> = {
  queuedJobs: {
    title: "jobs already queued",
    side: "input",
    direction: "oldToNew",
    writer: "an old producer",
    reader: "a new worker",
  },
  rollingDeploy: {
    title: "a rolling deploy",
    side: "input",
    direction: "newToOld",
    writer: "a new producer",
    reader: "an old worker",
  },
  resultReaders: {
    title: "result readers",
    side: "output",
    direction: "newToOld",
    writer: "a new worker",
    reader: "an old producer",
  },
  storedResults: {
    title: "stored results",
    side: "output",
    direction: "oldToNew",
    writer: "an old worker",
    reader: "a new producer",
  },
  messageReaders: {
    title: "message readers",
    side: "emits",
    direction: "newToOld",
    writer: "a new worker",
    reader: "an old producer",
  },
  storedMessages: {
    title: "messages already emitted",
    side: "emits",
    direction: "oldToNew",
    writer: "an old worker",
    reader: "a new producer",
  },
};

export const EDGE_IDS = Object.keys(EDGES) as readonly EdgeId[];

/** Verdicts of the edges a change touches. */
export type EdgeVerdicts = Readonly<Partial<Record<EdgeId, Verdict>>>;

/** The edges of one schema. */
export function edgesOf(side: SchemaSide): readonly EdgeId[] {
  return EDGE_IDS.filter((id) => EDGES[id].side === side);
}

/** The worst of some verdicts: break, then unknown, then ok. */
export function worstVerdict(verdicts: readonly (Verdict["verdict"] | undefined)[]): Verdict["verdict"] {
  if (verdicts.includes("break")) return "break";
  return verdicts.includes("unknown") ? "unknown" : "ok";
}
