import { describe, expect, it } from "vitest";
import { diagnose } from "./snippets.js";

const HEAD = `
import { chain, chord, chunk, createTaskora, group, map, type Settled, type TaskClient, type WorkflowPart } from "taskora";
import { defineTask } from "taskora/contract";
import { memoryAdapter } from "taskora/memory";
import * as z from "zod";

const taskora = createTaskora({ adapter: memoryAdapter() });
const order = z.object({ id: z.string(), cents: z.number() });
const fetchOrder = taskora.register(defineTask({ name: "order.fetch", input: z.object({ id: z.string() }), output: order }));
const chargeCard = taskora.register(defineTask({ name: "card.charge", input: order, output: z.object({ receipt: z.string() }) }));
const sendReceipt = taskora.register(defineTask({ name: "receipt.send", input: z.object({ receipt: z.string(), locale: z.string().default("en") }), output: z.null() }));
const sumUp = taskora.register(defineTask({ name: "sum.up", input: z.array(order), output: z.number() }));
const store = taskora.register(defineTask({ name: "store", input: z.array(z.string()), output: z.number() }));
/** Compiles only for exactly the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>) => undefined;
`;

const COMPILES: Readonly<Record<string, string>> = {
  "a chain whose steps fit, and its result": `
    const part = chain(fetchOrder.step({ id: "1" }), chargeCard, sendReceipt);
    same<typeof part, WorkflowPart<unknown, null>>(true);
    const { result } = taskora.workflow(part, { ttl: "1h", delay: 5 });
    same<typeof result, Promise<null>>(true);`,
  "a single step, a task without an input, and a chain that still needs one": `
    taskora.workflow(fetchOrder.step({ id: "1" }, { priority: 3, delay: "1m" }));
    taskora.workflow(taskora.register(defineTask({ name: "any" })));
    const rest = chain(chargeCard.nextStep({ attempts: 1 }), sendReceipt);
    taskora.workflow(chain(fetchOrder.step({ id: "1" }), rest));`,
  "groups, as tuples of their results": `
    const part = group([fetchOrder.step({ id: "1" }), store.step(["a"])]);
    const { result } = taskora.workflow(part);
    same<typeof result, Promise<[{ id: string; cents: number }, number]>>(true);
    const settled = group([store.step(["a"])], { onFailure: "continue" });
    same<typeof settled, WorkflowPart<unknown, [Settled<number>]>>(true);`,
  "a group behind a step, whose members all take its result": `
    const part = chain(fetchOrder.step({ id: "1" }), group([chargeCard, fetchOrder, store.step([])]));
    same<typeof part, WorkflowPart<unknown, [{ receipt: string }, { id: string; cents: number }, number]>>(true);`,
  "map, chunk and chord": `
    const mapped = map(fetchOrder, [{ id: "1" }]);
    same<typeof mapped, WorkflowPart<unknown, { id: string; cents: number }[]>>(true);
    const stored = chunk(store, new Set(["a", "b"]), 10, { onFailure: "continue" });
    same<typeof stored, WorkflowPart<unknown, Settled<number>[]>>(true);
    const total = chord([fetchOrder.step({ id: "1" }), fetchOrder.step({ id: "2" })], sumUp);
    same<typeof total, WorkflowPart<unknown, number>>(true);
    taskora.workflow(chain(mapped, sumUp));`,
  "a callback that takes how each member ended": `
    const look = taskora.task("look", (list: readonly Settled<number>[]) => list.length);
    taskora.workflow(chord([store.step([])], look, { onFailure: "continue" }));`,
  "long chains, and chains of many alike": `
    const same_ = taskora.register(defineTask({ name: "same", input: z.number(), output: z.number() }));
    taskora.workflow(chain(same_.step(1), same_, same_, same_, same_, same_, same_, same_));
    const many: TaskClient<number, number>[] = [];
    chain(...many);`,
  "clients in a list, as before": `
    const clients: readonly TaskClient[] = [fetchOrder, chargeCard];
    void clients;`,
  "the handle": `
    const workflow = await taskora.workflow(store.step([]));
    same<Awaited<typeof workflow.result>, number>(true);
    const again = await workflow.resume();
    if (again.status === "applied") same<Awaited<typeof again.workflow.result>, number>(true);
    const found = taskora.workflows.handle(workflow.id);
    const state: "delayed" | "running" | "completed" | "failed" | "cancelled" | "expired" | undefined = await found.getState();
    void state;`,
};

const REFUSED: Readonly<Record<string, readonly [string, RegExp]>> = {
  "a chain whose steps do not fit": [
    `chain(fetchOrder.step({ id: "1" }), sendReceipt);`,
    /step takes|receipt/,
  ],
  "a later step that does not fit": [
    `chain(fetchOrder.step({ id: "1" }), chargeCard, chargeCard);`,
    /step takes|cents/,
  ],
  "a list where a value is taken": [`chain(map(fetchOrder, []), chargeCard);`, /step takes|cents/],
  "a callback that takes another list": [`chord([store.step([])], sumUp);`, /step takes|No overload/],
  "a callback that knows nothing of failures": [
    `chord([fetchOrder.step({ id: "1" })], sumUp, { onFailure: "continue" });`,
    /No overload/,
  ],
  "a member that cannot take what comes before the group": [
    `chain(fetchOrder.step({ id: "1" }), group([chargeCard, sendReceipt]));`,
    /step takes|receipt/,
  ],
  "a workflow that still needs an input": [
    `taskora.workflow(chain(chargeCard, sendReceipt));`,
    /step takes|cents/,
  ],
  "a task alone that needs an input": [`taskora.workflow(chargeCard);`, /step takes|cents/],
  "a step with a wrong input": [`fetchOrder.step({ id: 1 });`, /not assignable to type 'string'/],
  "items that do not fit": [`map(fetchOrder, [{ name: "x" }]);`, /id|No overload/],
  "a chunk of a task that takes no list": [`chunk(fetchOrder, [{ id: "1" }], 2);`, /not assignable/],
  "what could refuse a step": [`store.step([], { deduplicate: "a" });`, /deduplicate/],
};

describe("the types of workflows", () => {
  const snippets = new Map<string, string>();
  const all: (readonly [string, string])[] = [
    ...Object.entries(COMPILES),
    ...Object.entries(REFUSED).map(([name, [text]]) => [name, text] as const),
  ];
  for (const [index, [, text]] of all.entries())
    snippets.set(`workflow-${index}`, `${HEAD}${text}\nexport {};`);
  const found = diagnose(snippets);
  const diagnosticsOf = (name: string) =>
    (found.get(`workflow-${all.findIndex(([other]) => other === name)}`) ?? []).join("\n");

  it.each(Object.keys(COMPILES))("compiles %s", (name) => {
    expect(diagnosticsOf(name)).toBe("");
  });

  it.each(Object.entries(REFUSED))("refuses %s", (name, [, message]) => {
    expect(diagnosticsOf(name)).toMatch(message);
  });
});
