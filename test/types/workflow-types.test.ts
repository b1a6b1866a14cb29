import { describe, expect, it } from "vitest";
import { diagnose } from "./snippets.js";

const HEAD = `
import { createTaskora, type TaskClient } from "taskora";
import { type Settled, chain, chord, chunk, type FailurePolicy, group, map, type WorkflowPart } from "taskora/workflow";
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
const look = taskora.register(defineTask({ name: "look", input: z.number(), output: z.number() }));
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
    const see = taskora.task("see", (list: readonly Settled<number>[]) => list.length);
    taskora.workflow(chord([store.step([])], see, { onFailure: "continue" }));`,
  "long chains, and chains of many alike": `
    const same_ = taskora.register(defineTask({ name: "same", input: z.number(), output: z.number() }));
    taskora.workflow(chain(same_.step(1), same_, same_, same_, same_, same_, same_, same_));
    taskora.workflow(chain(same_.step(1), same_, same_, same_, same_, same_, same_, same_, same_, same_, same_, same_));
    const many: TaskClient<number, number>[] = [];
    chain(...many);
    const policy: FailurePolicy = "continue" as FailurePolicy;
    const either = group([same_.step(1)], { onFailure: policy });
    same<typeof either, WorkflowPart<unknown, [number | Settled<number>]>>(true);`,
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

/** One error of two lines: which link it is, and what it takes and is given. */
function misfit(link: string, takes: string, given: string): string {
  const wrong = `Misfit<${takes}, ${given}>`;
  return (
    `Argument of type '${link}' is not assignable to parameter of type '${wrong}'.\n` +
    `  Type '${link}' is missing the following properties from type '${wrong}': "this step takes", "but it is given"`
  );
}

const ORDER = "{ id: string; cents: number; }";
const RECEIPT = "{ receipt: string; locale?: string | undefined; }";
const CHARGE = `TaskClient<${ORDER}, { receipt: string; }, never>`;
const SUM_UP = `TaskClient<${ORDER}[], number, never>`;

const REFUSED: Readonly<Record<string, readonly [code: string, message: string]>> = {
  "a chain whose steps do not fit": [
    `chain(fetchOrder.step({ id: "1" }), sendReceipt);`,
    misfit(`TaskClient<${RECEIPT}, null, never>`, RECEIPT, ORDER),
  ],
  "a later step that does not fit": [
    `chain(fetchOrder.step({ id: "1" }), chargeCard, chargeCard);`,
    misfit(CHARGE, ORDER, "{ receipt: string; }"),
  ],
  "a step that does not fit in a workflow, which says no more": [
    `taskora.workflow(chain(fetchOrder.step({ id: "1" }), chargeCard, sendReceipt, chargeCard));`,
    misfit(CHARGE, ORDER, "null"),
  ],
  "the tenth step": [
    `chain(look, look, look, look, look, look, look, look, look, chargeCard);`,
    misfit(CHARGE, ORDER, "number"),
  ],
  "a list where a value is taken": [
    `chain(map(fetchOrder, []), chargeCard);`,
    misfit(CHARGE, ORDER, `${ORDER}[]`),
  ],
  "a callback that takes another list": [
    `chord([store.step([])], sumUp);`,
    misfit(SUM_UP, `${ORDER}[]`, "[number]"),
  ],
  "a callback that knows nothing of failures": [
    `chord([fetchOrder.step({ id: "1" })], sumUp, { onFailure: "continue" });`,
    misfit(SUM_UP, `${ORDER}[]`, `[Settled<${ORDER}>]`),
  ],
  "a member that cannot take what comes before the group": [
    `chain(fetchOrder.step({ id: "1" }), group([chargeCard, sendReceipt]));`,
    misfit(
      `WorkflowPart<${ORDER} & ${RECEIPT}, [{ receipt: string; }, null]>`,
      `${ORDER} & ${RECEIPT}`,
      ORDER,
    ),
  ],
  "a workflow that still needs an input": [
    `taskora.workflow(chain(chargeCard, sendReceipt));`,
    misfit(`WorkflowPart<${ORDER}, null>`, ORDER, "undefined"),
  ],
  "a task alone that needs an input": [`taskora.workflow(chargeCard);`, misfit(CHARGE, ORDER, "undefined")],
  "a step with a wrong input": [
    `fetchOrder.step({ id: 1 });`,
    "Type 'number' is not assignable to type 'string'.",
  ],
  "items that do not fit": [
    `map(fetchOrder, [{ name: "x" }]);`,
    "Object literal may only specify known properties, and 'name' does not exist in type '{ id: string; }'.",
  ],
  "an unknown policy": [
    `group([store.step([])], { onFailure: "stop" });`,
    `Type '"stop"' is not assignable to type 'FailurePolicy | undefined'.`,
  ],
  "a chunk of a task that takes no list": [
    `chunk(fetchOrder, [{ id: "1" }], 2);`,
    `Argument of type 'TaskClient<{ id: string; }, ${ORDER}, never>' is not assignable to parameter of type 'TaskClient<unknown[], ${ORDER}, unknown>'.\n` +
      "  Type '{ id: string; }' is missing the following properties from type 'unknown[]': length, pop, push, concat, and 35 more.",
  ],
  "what could refuse a step": [
    `store.step([], { deduplicate: "a" });`,
    "Object literal may only specify known properties, and 'deduplicate' does not exist in type 'StepOptions'.",
  ],
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
    expect(diagnosticsOf(name)).toBe(message);
  });
});
