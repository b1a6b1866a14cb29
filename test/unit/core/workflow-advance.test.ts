import { describe, expect, it } from "vitest";
import { type Advance, advance, type WorkflowNews } from "../../../src/core/workflow/advance.js";
import { freshNode, type GraphState, type NodeState } from "../../../src/core/workflow/graph.js";
import { unpack } from "../../../src/core/workflow/packed-list.js";
import { layOut, type Plan } from "../../../src/core/workflow/plan.js";
import { GRAPH_MISSING_ERROR } from "../../../src/core/workflow/store.js";

const STEP: Plan<string> = { kind: "step", leaf: "" };
const BOOM = { name: "Boom", message: "boom" };
const chain = (...parts: readonly Plan<string>[]): Plan<string> => ({ kind: "chain", parts });
const group = (parts: readonly Plan<string>[], onFailure: "fail-fast" | "continue" = "fail-fast") =>
  ({ kind: "group", parts, onFailure }) satisfies Plan<string>;

/** All of its nodes are here. */
type WholeGraph = GraphState & { readonly nodes: readonly NodeState[] };

function aGraph(plan: Plan<string>): WholeGraph {
  const { nodes, roots } = layOut(plan);
  const specs = nodes.map((node) => {
    if (!("leaf" in node)) return node;
    const { leaf: _, ...place } = node;
    return { ...place, template: 0 };
  });
  const templates = [{ task: "step", version: 1, fingerprint: "", priority: 0 }];
  return { id: "wf", templates, nodes: specs.map(freshNode), roots, phase: "defined" };
}

/** The graph as it is afterwards. */
function applied(graph: WholeGraph, { nodes, phase }: Advance): WholeGraph {
  return { ...graph, phase, nodes: graph.nodes.map((state, node) => nodes.get(node) ?? state) };
}

const entered = (graph: GraphState): WorkflowNews => ({ kind: "entered", nodes: graph.nodes.length });
const completed = (node: number, value = `"${node}"`, run = 1): WorkflowNews => ({
  kind: "step",
  node,
  run,
  outcome: { status: "completed", value },
});
const failed = (node: number, run = 1): WorkflowNews => ({
  kind: "step",
  node,
  run,
  outcome: { status: "failed", error: BOOM },
});

/** Plays news in order; gives what followed from each, in short. */
function play(plan: Plan<string>, ...news: readonly WorkflowNews[]): readonly string[] {
  let graph = aGraph(plan);
  return [entered(graph), ...news].map((one) => {
    const moved = advance(graph, one);
    graph = applied(graph, moved);
    return moved.commands.map(inShort).join(" ");
  });
}

function inShort(command: Advance["commands"][number]): string {
  if (command.kind === "finish") return `finish:${command.outcome.status}`;
  const run = command.run === 1 ? "" : `.${command.run}`;
  return `${command.kind}:${command.node}${run}`;
}

const over = (state: "cancelled" | "failed"): WorkflowNews => ({ kind: "over", state, reason: "" });

/** A plan, what happens, and what follows from its start and from each of that. */
const TABLE: readonly (readonly [string, Plan<string>, readonly WorkflowNews[], readonly string[]])[] = [
  ["a step", STEP, [completed(0)], ["insert:0", "finish:completed"]],
  ["a step that fails", STEP, [failed(0)], ["insert:0", "finish:failed"]],
  ["a chain", chain(STEP, STEP), [completed(0), completed(1)], ["insert:0", "insert:1", "finish:completed"]],
  ["a chain that fails", chain(STEP, STEP), [failed(0)], ["insert:0", "finish:failed"]],
  ["the same end twice", chain(STEP, STEP), [completed(0), completed(0)], ["insert:0", "insert:1", ""]],
  ["an end of another run", STEP, [completed(0, "1", 2)], ["insert:0", ""]],
  ["an end of what was not started", chain(STEP, STEP), [completed(1)], ["insert:0", ""]],
  ["a group of none", group([]), [], ["finish:completed"]],
  [
    "a group",
    group([STEP, STEP]),
    [completed(1), completed(0)],
    ["insert:0 insert:1", "", "finish:completed"],
  ],
  [
    "a step behind a group",
    chain(group([STEP, STEP]), STEP),
    [completed(0), completed(1)],
    ["insert:0 insert:1", "", "insert:3"],
  ],
  [
    "a failure in a group",
    group([STEP, STEP, chain(STEP, STEP)]),
    [failed(1), completed(0), over("failed")],
    ["insert:0 insert:1 insert:2", "cancel:0 cancel:2 finish:failed", "", ""],
  ],
  [
    "a failure in a group that goes on",
    chain(group([STEP, chain(STEP, STEP)], "continue"), STEP),
    [failed(1), completed(0)],
    ["insert:0 insert:1", "", "insert:4"],
  ],
  [
    "a failure in a strict group within one that goes on",
    group([group([STEP, STEP]), STEP], "continue"),
    [failed(0), completed(3)],
    ["insert:0 insert:1 insert:3", "cancel:1", "finish:completed"],
  ],
  [
    "a cancelled workflow",
    chain(STEP, STEP),
    [over("cancelled"), completed(0)],
    ["insert:0", "cancel:0", ""],
  ],
  [
    "a workflow that is resumed",
    chain(group([STEP, STEP]), STEP),
    [
      completed(0),
      failed(1),
      over("failed"),
      { kind: "entered", nodes: 4 },
      completed(1, "1"),
      completed(1, "1", 2),
    ],
    ["insert:0 insert:1", "", "finish:failed", "", "insert:1.2", "", "insert:3"],
  ],
  ["a second start", STEP, [{ kind: "entered", nodes: 1 }], ["insert:0", ""]],
];

describe("advance", () => {
  it.each(TABLE)("%s", (_, plan, news, expected) => {
    expect(play(plan, ...news)).toEqual(expected);
  });

  it("leaves the graph it is given as it is", () => {
    const graph = Object.freeze({
      ...aGraph(chain(STEP, STEP)),
      nodes: Object.freeze(aGraph(chain(STEP, STEP)).nodes),
    });
    const before = structuredClone(graph);
    advance(graph, entered(graph));
    expect(graph).toEqual(before);
  });

  it("ends a workflow whose graph is missing, or of another size", () => {
    const missing = { kind: "finish", outcome: { status: "failed", error: GRAPH_MISSING_ERROR } };
    expect(advance(undefined, { kind: "entered", nodes: 1 }).commands).toEqual([missing]);
    expect(advance(aGraph(STEP), { kind: "entered", nodes: 2 }).commands).toEqual([missing]);
    expect(advance(undefined, completed(0)).commands).toEqual([]);
  });

  it("gives what the members of a group gave to the step behind it", () => {
    let graph = aGraph(chain(group([STEP, STEP]), STEP));
    for (const news of [entered(graph), completed(1, '"b"')]) graph = applied(graph, advance(graph, news));
    const [command] = advance(graph, completed(0, '"a"')).commands;
    const list = command?.kind === "insert" ? command.payload : "";
    expect(unpack(list as Uint8Array, (item) => JSON.parse(item as string))).toEqual(["a", "b"]);
  });
});
