/** Workflows in Postgres: keeps their graphs, and reads how their steps stand. */
import type { StoredError } from "../../core/errors.js";
import type { FinalState } from "../../core/lifecycle.js";
import { freshNode, isJoin, nodeOutline } from "../../core/workflow/graph.js";
import type { Settled } from "../../core/workflow/packed-list.js";
import { stepSnapshot } from "../../core/workflow/step-state.js";
import type {
  GraphNode,
  GraphPart,
  StepSnapshot,
  StepsQuery,
  WorkflowStore,
} from "../../core/workflow/store.js";
import { toColumns } from "../codec/encoded.js";
import type { Row } from "../connection/database.js";
import type { Session } from "../session.js";
import { stateOf } from "../sql/letters.js";

/** Most nodes of one statement, and about the most bytes. */
const MOST_NODES = 2000;
const MOST_BYTES = 4 << 20;

/** @param open gives what the adapter shares; rejects while it is closed */
export function createWorkflowStore(
  open: <T>(verb: (session: Session) => Promise<T>) => Promise<T>,
  caughtUp: () => Promise<void>,
): WorkflowStore {
  return {
    define: (parts) =>
      open(async (session) => {
        for (const some of callsOf(parts)) await define(session, some);
      }),
    readSteps: (query) =>
      open(async (session) => {
        await caughtUp();
        return readSteps(session, query);
      }),
    readGraph: ({ id, from, limit }) =>
      open(async ({ database }) => {
        const rows = await database.rows("select * from @@read_graph($1, $2, $3)", [id, from, limit]);
        return rows.map(({ n, spec }) => nodeOutline(Number(n), JSON.parse(String(spec)) as GraphNode));
      }),
  };
}

function callsOf(parts: readonly GraphPart[]): readonly (readonly GraphPart[])[] {
  const calls: GraphPart[][] = [];
  let room = { nodes: 0, bytes: 0 };
  for (const part of parts) {
    if (calls.length === 0 || room.nodes < part.nodes.length || room.bytes <= 0) {
      calls.push([]);
      room = { nodes: MOST_NODES, bytes: MOST_BYTES };
    }
    calls.at(-1)?.push(part);
    room.nodes -= part.nodes.length;
    room.bytes -= part.nodes.reduce((sum, node) => sum + (inputOf(node)?.length ?? 0), 0);
  }
  return calls;
}

async function define({ database }: Session, parts: readonly GraphPart[]): Promise<void> {
  const templates = parts.flatMap(({ id, firstTemplate, templates }) =>
    templates.map((template, index) => ({ id, n: firstTemplate + index, template })),
  );
  const nodes = parts.flatMap(({ id, firstNode, nodes }) =>
    nodes.map((node, index) => ({ id, n: firstNode + index, node, input: toColumns(inputOf(node)) })),
  );
  await database.rows(
    "select @@define_graphs($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    [
      parts.map(({ id }) => id),
      parts.map(({ firstNode, nodes }) => firstNode + nodes.length),
      parts.map(({ roots }) => (roots === undefined ? null : JSON.stringify(roots))),
      templates.map(({ id }) => id),
      templates.map(({ n }) => n),
      templates.map(({ template }) => template.task),
      templates.map(({ template }) => JSON.stringify(template)),
      nodes.map(({ id }) => id),
      nodes.map(({ n }) => n),
      nodes.map(({ node }) => (isJoin(node) ? null : node.template)),
      nodes.map(({ node }) => node.after ?? null),
      nodes.map(({ node }) => node.group?.join ?? null),
      nodes.map(({ node }) => JSON.stringify({ ...node, input: undefined })),
      nodes.map(({ input }) => input.text),
      nodes.map(({ input }) => input.bytes),
      nodes.map(({ node }) => freshNode(node).open),
    ],
  );
}

function inputOf(node: GraphNode) {
  return isJoin(node) ? undefined : node.input;
}

async function readSteps(
  { database }: Session,
  { id, from, limit }: StepsQuery,
): Promise<readonly StepSnapshot[]> {
  const rows = await database.rows("select * from @@read_steps($1, $2, $3)", [id, from, limit]);
  return rows.map((row) =>
    stepSnapshot({
      workflow: id,
      node: Number(row.n),
      task: String(row.task ?? ""),
      run: Number(row.run),
      isStarted: row.started === true,
      outcome: outcomeOf(row),
    }),
  );
}

/** What a step gave is not shown with it. */
function outcomeOf({ state, error }: Row): Settled<undefined> | undefined {
  if (state === null) return undefined;
  const status = stateOf(String(state)) as FinalState;
  if (status === "completed") return { status, value: undefined };
  return { status, error: JSON.parse(String(error)) as StoredError };
}
