/**
 * Moves workflows on: in one transaction their graphs move by all that is new of them, steps that follow are stored, others are
 * cancelled, workflows that are through end, and what was acted on is taken out. So each happens once, whoever dies when, and
 * of those who come to one workflow at the same time the first does what there is for all of them.
 *
 * A transaction does a bounded amount; what is left are errands, which the next does.
 */
import type { NewJob } from "../../core/adapter.js";
import type { StoredError } from "../../core/errors.js";
import { type FinalState, isFinalState } from "../../core/lifecycle.js";
import { advance, type WorkflowCommand, type WorkflowNews } from "../../core/workflow/advance.js";
import type { CrashPoint } from "../../core/workflow/courier.js";
import type { PackedItem } from "../../core/workflow/packed-list.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import { type StepEnd, stepOutcome } from "../../core/workflow/step-state.js";
import { type StepTemplate, stepJobId } from "../../core/workflow/store.js";
import { fromColumns, toColumns } from "../codec/encoded.js";
import type { Database, Row, Statements } from "../connection/database.js";
import { byTask, decideIn, type Session } from "../session.js";
import type { Told } from "../signals.js";
import { ERRANDS, LETTERS, NEWS, stateOf } from "../sql/letters.js";
import { cancelOne } from "../verbs/change-jobs.js";
import { MAX_STEPS } from "../verbs/due-jobs.js";
import { insertIn } from "../verbs/insert-within.js";
import { LoadedGraph } from "./loaded-graph.js";

/** Most news of one transaction, and about the most bytes of them. */
const MOST_NEWS = 200;
const MOST_BYTES = 1_000_000;
/** Most steps that one transaction starts or cancels. */
const MOST_ERRANDS = 500;

export interface MovingParts extends Pick<Session, "signals" | "instance"> {
  readonly database: Database;
  /** Tests stop it there. */
  readonly reach: (point: CrashPoint) => void;
}

/** A step to start or to cancel. */
interface Errand {
  readonly workflow: string;
  readonly kind: "insert" | "cancel";
  readonly task: string;
  readonly node: number;
  readonly run: number;
  readonly reason?: string | undefined;
}

/** One workflow in a transaction. */
interface Play {
  readonly id: string;
  readonly graph: LoadedGraph | undefined;
  /** In order; what has become of its own job comes first. */
  readonly news: WorkflowNews[];
  readonly errands: Errand[];
  /** Its own job: it goes on, it has ended, or it is not stored. */
  own: "going on" | "over" | "gone";
  /** How it ends now. */
  end?: PackedItem;
  /** Nobody will ask for its graph any more. */
  isDropped?: true;
}

/** Gives those of which something is left. */
export async function moveOn(parts: MovingParts, ids: readonly string[]): Promise<readonly string[]> {
  const { left, told } = await parts.database.transaction((statements) => moveIn(parts, statements, ids));
  parts.reach("acknowledged");
  for (const each of told) parts.signals.tell(each);
  return left;
}

async function moveIn(
  parts: MovingParts,
  statements: Statements,
  ids: readonly string[],
): Promise<{ readonly left: readonly string[]; readonly told: readonly Told[] }> {
  const locking = { sql: "select * from @@lock_workflows($1)", values: [ids] };
  const { result, written } = await decideIn(
    statements,
    { task: WORKFLOW_TASK, ...locking },
    async ({ work, now }) => {
      const found = await statements.rows("select * from @@turn($1, $2, $3)", [ids, MOST_NEWS, MOST_BYTES]);
      const plays = playsOf(ids, found, (id) => {
        const job = work.find(id, now);
        return job === undefined ? "gone" : isFinalState(job.state) ? "over" : "going on";
      });
      await playAll(statements, plays);
      return { found, plays };
    },
  );
  const { found, plays } = result;
  const errands = plays.flatMap((play) => play.errands);
  const [now, later] = [errands.slice(0, MOST_ERRANDS), errands.slice(MOST_ERRANDS)];
  const starts = await writeGraphs(statements, found, { plays, now, later });
  parts.reach("advanced");
  const told: Told[] = [written.told];
  if (starts.length > 0) told.push(...(await insertIn(parts, statements, starts)).told);
  const cancels = now.filter(({ kind }) => kind === "cancel");
  for (const [task, group] of byTask(cancels)) {
    told.push(
      await cancelSteps(
        statements,
        task,
        group.map(({ item }) => item),
      ),
    );
  }
  told.push(await endWorkflows(statements, plays));
  parts.reach("carried");
  return { left: leftOf(found, later), told };
}

/** Workflows of which there may be more than was read or done. */
function leftOf(found: readonly Row[], later: readonly Errand[]): readonly string[] {
  const left = new Set(later.map(({ workflow }) => workflow));
  for (const row of found) if (row.what === "m" || row.what === "e") left.add(String(row.graph));
  return [...left];
}

function playsOf(
  ids: readonly string[],
  found: readonly Row[],
  ownOf: (id: string) => Play["own"],
): readonly Play[] {
  const graphs = new Map<string, LoadedGraph>();
  for (const row of found) if (row.what === "g") graphs.set(String(row.graph), new LoadedGraph(row));
  for (const row of found) if (row.what === "n") graphs.get(String(row.graph))?.load(row);
  const plays = new Map(
    ids.map((id): [string, Play] => [
      id,
      { id, graph: graphs.get(id), news: [], errands: [], own: ownOf(id) },
    ]),
  );
  for (const row of found) {
    const play = plays.get(String(row.graph));
    if (row.what === "m" && row.kind !== NEWS.step) play?.news.push(toOwnNews(row));
    if (row.what === "e") addErrand(play, toErrand(row));
  }
  for (const row of found) {
    if (row.what === "m" && row.kind === NEWS.step) plays.get(String(row.graph))?.news.push(toStepNews(row));
  }
  return [...plays.values()];
}

/** A start that is late matters no more when its step has another run, or an outcome. */
function addErrand(play: Play | undefined, errand: Errand): void {
  if (errand.kind === "cancel" || play?.graph?.isOpen(errand) === true) play?.errands.push(errand);
}

function toOwnNews(row: Row): WorkflowNews {
  if (row.kind === NEWS.entered) return { kind: "entered", nodes: Number(row.n) };
  return { kind: "over", state: stateOf(String(row.state)) as FinalState, reason: String(row.body ?? "") };
}

function toStepNews({ n, run, state: letter, task, job, body, bytes }: Row): WorkflowNews {
  const state = stateOf(String(letter)) as FinalState;
  const end: StepEnd = {
    state,
    ...(state === "completed" && { result: fromColumns(body, bytes) }),
    ...(state === "failed" && body !== null && { error: JSON.parse(String(body)) as StoredError }),
    reason: String(body ?? ""),
  };
  const outcome = stepOutcome({ task: String(task), id: String(job) }, end);
  return { kind: "step", node: Number(n), run: Number(run), outcome };
}

function toErrand({ graph, kind, task, n, run, body }: Row): Errand {
  const of = { workflow: String(graph), task: String(task), node: Number(n), run: Number(run) };
  if (kind === ERRANDS.insert) return { ...of, kind: "insert" };
  return { ...of, kind: "cancel", reason: String(body ?? "") };
}

/** Plays all to their ends. Nodes that are missing are read for all of them at once. */
async function playAll(statements: Statements, plays: readonly Play[]): Promise<void> {
  for (;;) {
    for (const play of plays) playOn(play);
    const graphs = plays.flatMap(({ graph }) => graph ?? []).filter(({ wanted }) => wanted.length > 0);
    if (graphs.length === 0) return;
    const rows = await statements.rows("select * from @@nodes($1, $2)", [
      graphs.flatMap(({ id, wanted }) => wanted.map(() => id)),
      graphs.flatMap(({ wanted }) => wanted),
    ]);
    const byId = new Map(graphs.map((graph) => [graph.id, graph]));
    for (const row of rows) byId.get(String(row.graph))?.load(row);
    for (const graph of graphs) graph.settleWanted();
  }
}

/** As far as the nodes that are here let it. */
function playOn(play: Play): void {
  for (let news = play.news[0]; news !== undefined; news = play.news[0]) {
    if (news.kind === "over" || play.own === "going on") {
      const moved = play.graph === undefined ? withoutGraph(news) : play.graph.move(news)?.commands;
      if (moved === undefined) return;
      play.news.shift();
      if (news.kind === "over" && play.own === "gone") play.isDropped = true;
      for (const command of moved) follow(play, command);
    } else play.news.shift();
  }
}

function withoutGraph(news: WorkflowNews): readonly WorkflowCommand[] {
  return advance(undefined, news).commands;
}

function follow(play: Play, command: WorkflowCommand): void {
  const { id: workflow } = play;
  if (command.kind === "finish") {
    play.end = command.outcome;
    play.own = "over";
    play.news.unshift({ kind: "over", state: endStateOf(command.outcome), reason: "" });
    return;
  }
  const { node, run } = command;
  if (command.kind === "cancel") {
    const { task, reason } = command;
    play.errands.push({ workflow, kind: "cancel", task, node, run, reason });
  } else play.errands.push({ workflow, kind: "insert", task: command.template.task, node, run });
}

/** Returns the jobs of steps that start now. */
async function writeGraphs(
  statements: Statements,
  found: readonly Row[],
  {
    plays,
    now,
    later,
  }: { readonly plays: readonly Play[]; readonly now: readonly Errand[]; readonly later: readonly Errand[] },
): Promise<readonly NewJob[]> {
  const nodes = plays.flatMap(({ graph }) => graph?.changes ?? []);
  const outcomes = nodes.map(({ state }) => columnsOf(state.outcome));
  const phases = plays.flatMap(({ id, graph }) =>
    graph?.newPhase === undefined ? [] : [{ id, phase: graph.newPhase }],
  );
  const numbersOf = (what: string) => found.flatMap((row) => (row.what === what ? [row.id] : []));
  const starts = now.filter(({ kind }) => kind === "insert");
  const rows = await statements.rows(
    "select * from @@move_graphs($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    [
      plays.every(({ end }) => end === undefined),
      nodes.map(({ id }) => id),
      nodes.map(({ state }) => state.open),
      nodes.map(({ state }) => state.run),
      nodes.map(({ state }) => state.isStarted),
      outcomes.map(({ letter }) => letter),
      outcomes.map(({ text }) => text),
      outcomes.map(({ bytes }) => bytes),
      JSON.stringify(phases),
      numbersOf("m"),
      numbersOf("e"),
      JSON.stringify(later.map((errand) => ({ ...errand, kind: ERRANDS[errand.kind] }))),
      plays.flatMap(({ id, isDropped }) => (isDropped === true ? [id] : [])),
      [...new Set(starts.map(({ task }) => task))],
      starts.map(({ workflow }) => workflow),
      starts.map(({ node }) => node),
    ],
  );
  return rows.flatMap((row) => {
    const step = starts[Number(row.number) - 1];
    return step === undefined ? [] : [toStepJob(step, row)];
  });
}

function toStepJob({ workflow, node, run }: Errand, row: Row): NewJob {
  const template = JSON.parse(String(row.template)) as StepTemplate;
  const step = { workflow, node, run };
  const payload = fromColumns(row.payload, row.payload_bytes) ?? "";
  return { ...template, id: stepJobId(step), payload, limits: { ...template.limits, step } };
}

function columnsOf(outcome: PackedItem | undefined) {
  if (outcome === undefined) return { letter: null, text: null, bytes: null };
  const letter = LETTERS[outcome.status];
  if (outcome.status !== "completed") return { letter, text: JSON.stringify(outcome.error), bytes: null };
  return { letter, ...toColumns(outcome.value) };
}

/** Their nodes have ended already: no workflow hears of it. */
async function cancelSteps(statements: Statements, task: string, steps: readonly Errand[]): Promise<Told> {
  const requests = steps.map((step) => ({ id: stepJobId(step), reason: step.reason ?? "" }));
  const ids = requests.map(({ id }) => id);
  const { result, written } = await decideIn(statements, { task, ids }, (deciding) => {
    deciding.work.leaveStepsUntold();
    return requests.map((request) => cancelOne(deciding, request));
  });
  if (result.some(({ status }) => status === "cancelled")) {
    await statements.rows(
      "select @@prune_counts(t.id, t.keep, $2, '{0,0,0,0}') from @.task t where t.name = $1 and t.keep is not null",
      [task, MAX_STEPS],
    );
  }
  return written.told;
}

/** A workflow fails with a step that did not complete, in whatever way. */
function endStateOf({ status }: PackedItem): "completed" | "failed" {
  return status === "completed" ? status : "failed";
}

async function endWorkflows(statements: Statements, plays: readonly Play[]): Promise<Told> {
  const ends = plays.flatMap(({ id, graph, end }) =>
    end === undefined
      ? []
      : [{ id, begunAt: graph?.begunAt ?? null, ...columnsOf(end), letter: LETTERS[endStateOf(end)] }],
  );
  if (ends.length === 0) return {};
  const [row] = await statements.rows("select @@end_workflows($1, $2, $3, $4, $5) as mail", [
    ends.map(({ id }) => id),
    ends.map(({ letter }) => letter),
    ends.map(({ text }) => text),
    ends.map(({ bytes }) => bytes),
    ends.map(({ begunAt }) => begunAt),
  ]);
  return { mail: row?.mail as readonly string[] | null };
}
