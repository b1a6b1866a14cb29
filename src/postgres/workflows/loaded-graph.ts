/**
 * The graph of one workflow while it is moved on, under lock. Of its nodes only those are read that somebody asks for: to read all
 * of them with each step would take the longer the wider a workflow is.
 *
 * Life: made with the nodes that are likely to be asked for → `move` → where nodes were missing they are read, and the same
 * news is tried again, which does no harm, since how a graph moves on is a pure function → `changes` are written.
 */
import type { StoredError } from "../../core/errors.js";
import { type Advance, advance, type WorkflowNews } from "../../core/workflow/advance.js";
import type { GraphState, NodeList, NodeState } from "../../core/workflow/graph.js";
import type { PackedItem } from "../../core/workflow/packed-list.js";
import type { GraphNode, NodeRange, StepTemplate } from "../../core/workflow/store.js";
import { fromColumns } from "../codec/encoded.js";
import { numberOf } from "../codec/job-row.js";
import type { Row } from "../connection/database.js";
import { PHASES, stateOf } from "../sql/letters.js";

const PHASE_OF_LETTER: ReadonlyMap<string, GraphState["phase"]> = new Map(
  Object.entries(PHASES).map(([phase, letter]) => [letter, phase as GraphState["phase"]]),
);

export class LoadedGraph implements GraphState {
  readonly id: string;
  readonly roots: readonly NodeRange[] | undefined;
  readonly nodes: NodeList;
  readonly templates: StepTemplate[] = [];
  /** When its first step could start. */
  readonly begunAt: number | undefined;
  phase: GraphState["phase"];
  #hasOtherPhase = false;
  /** Undefined: there is no such node. */
  readonly #known = new Map<number, NodeState | undefined>();
  /** What the rows are called. */
  readonly #ids = new Map<number, unknown>();
  readonly #wanted = new Set<number>();
  readonly #changed = new Set<number>();

  /** @param row a graph as `turn` gives it */
  constructor(row: Row) {
    this.id = String(row.graph);
    this.roots = typeof row.spec === "string" ? (JSON.parse(row.spec) as readonly NodeRange[]) : undefined;
    this.begunAt = numberOf(row.begun_at);
    this.phase = PHASE_OF_LETTER.get(String(row.phase)) ?? "defined";
    this.nodes = { length: Number(row.size), at: (node) => this.#at(node) };
  }

  /** Numbers of nodes that were asked for and are not here. */
  get wanted(): readonly number[] {
    return [...this.#wanted];
  }

  /** @param row a node as `turn` and `nodes` give it */
  load(row: Row): void {
    const n = Number(row.n);
    if (this.#known.get(n) !== undefined) return;
    const spec = JSON.parse(String(row.spec)) as GraphNode;
    this.#ids.set(n, row.id);
    this.#known.set(n, {
      spec,
      open: Number(row.open),
      run: Number(row.run),
      isStarted: row.started === true,
      outcome: row.state === null ? undefined : toOutcome(row),
    });
    if ("template" in spec && typeof row.template === "string") {
      this.templates[spec.template] ??= JSON.parse(row.template) as StepTemplate;
    }
  }

  /** What was wanted has been read: what is not here now is nowhere. */
  settleWanted(): void {
    for (const n of this.#wanted) if (!this.#known.has(n)) this.#known.set(n, undefined);
    this.#wanted.clear();
  }

  /** Undefined: nothing has moved, and some nodes are {@link wanted} first. */
  move(news: WorkflowNews): Advance | undefined {
    const moved = advance(this, news);
    if (this.#wanted.size > 0) return undefined;
    for (const [n, state] of moved.nodes) {
      this.#known.set(n, state);
      this.#changed.add(n);
    }
    if (moved.phase !== this.phase) this.#hasOtherPhase = true;
    this.phase = moved.phase;
    return moved;
  }

  /** Whether a run of a step is the one that counts, and has not ended. */
  isOpen({ node, run }: { readonly node: number; readonly run: number }): boolean {
    const state = this.#known.get(node);
    return state?.isStarted === true && state.run === run && state.outcome === undefined;
  }

  /** The rows that are to be written. */
  get changes(): readonly { readonly id: unknown; readonly state: NodeState }[] {
    return [...this.#changed].flatMap((n) => {
      const state = this.#known.get(n);
      return state === undefined ? [] : [{ id: this.#ids.get(n), state }];
    });
  }

  /** The phase, where it is another than before. */
  get newPhase(): string | undefined {
    return this.#hasOtherPhase ? PHASES[this.phase] : undefined;
  }

  #at(node: number): NodeState | undefined {
    if (!this.#known.has(node) && node >= 0 && node < this.nodes.length) this.#wanted.add(node);
    return this.#known.get(node);
  }
}

function toOutcome({ state, body, bytes }: Row): PackedItem {
  const status = stateOf(String(state));
  if (status === "completed") return { status, value: fromColumns(body, bytes) };
  return { status, error: JSON.parse(String(body)) as StoredError } as PackedItem;
}
