/** Workflows in Redis: writes graphs for the scripts to read, and reads how their steps stand. */
import { systemClock } from "../../core/clock.js";
import type { StoredError } from "../../core/errors.js";
import { isFinalState } from "../../core/lifecycle.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import {
  GRAPH_KEPT_MS,
  type GraphNode,
  type GraphPart,
  type NodeOutline,
  type NodeRange,
  type StepSnapshot,
  type StepsQuery,
  type StepTemplate,
  stepJobId,
} from "../../core/workflow/store.js";
import { encodeBody } from "../codec/body-codec.js";
import { stateOfLetter } from "../codec/job-record.js";
import type { ScriptArgument } from "../script.js";
import { defineGraphScript, readStepsScript } from "../scripts.generated.js";
import { clampInteger, MOST_MS, type Session } from "../session.js";
import { resultData } from "./claim-and-settle.js";

/** As `MOST_READ` of `lib/workflow.lua`. */
const MEMBERS_PER_PART = 1000;

const RANGES_PER_PART = 300;

/** Most nodes and bytes of one call: some 2 ms of the store. */
const MOST_NODES = 500;
const MOST_BYTES = 1 << 20;

/** As `WorkflowStore.define`. */
export async function defineGraphs(session: Session, parts: readonly GraphPart[]): Promise<void> {
  const { runner, surveyor, keys } = session;
  surveyor.makeKnown(WORKFLOW_TASK);
  const root = keys.root(WORKFLOW_TASK);
  await Promise.all(
    runner.link.inOneWrite(() =>
      callsOf(parts).map((args) => runner.run(defineGraphScript, root, [GRAPH_KEPT_MS, ...args])),
    ),
  );
}

/** What each call is given: id of the workflow, how many fields and values, and these, of each part. */
function callsOf(parts: readonly GraphPart[]): readonly ScriptArgument[][] {
  const calls: ScriptArgument[][] = [];
  let nodes = Number.POSITIVE_INFINITY;
  let bytes = 0;
  for (const part of parts) {
    const fields = partFields(part);
    let size = 0;
    for (const field of fields) size += typeof field === "number" ? 8 : field.length;
    if (nodes + part.nodes.length > MOST_NODES || bytes + size > MOST_BYTES) {
      calls.push([]);
      nodes = 0;
      bytes = 0;
    }
    calls.at(-1)?.push(part.id, fields.length, ...fields);
    nodes += part.nodes.length;
    bytes += size;
  }
  return calls;
}

function partFields(part: GraphPart): readonly ScriptArgument[] {
  const fields: ScriptArgument[] = [];
  for (const [index, template] of part.templates.entries()) {
    const number = part.firstTemplate + index;
    const { text, head } = storedTemplate(template);
    fields.push(`t${number}`, text, `h${number}`, head);
  }
  for (const [index, node] of part.nodes.entries()) addNode(fields, part.firstNode + index, node);
  if (part.roots !== undefined) {
    const last = part.firstNode + part.nodes.length - 1;
    const roots = isMuch(part.roots) ? [] : part.roots;
    fields.push("last", last, "roots", JSON.stringify(roots), ...rangeFields(last + 1, part.roots));
  }
  return fields;
}

function isMuch(ranges: readonly NodeRange[]): boolean {
  return ranges.length > RANGES_PER_PART;
}

/** What starts behind a node, when no script should look at all of it. */
function rangeFields(number: number, ranges: readonly NodeRange[]): ScriptArgument[] {
  if (!isMuch(ranges)) return [];
  const fields: ScriptArgument[] = [];
  for (let from = 0; from < ranges.length; from += RANGES_PER_PART) {
    const part = ranges.slice(from, from + RANGES_PER_PART);
    fields.push(`b${number}.${from / RANGES_PER_PART}`, JSON.stringify(part));
  }
  return fields;
}

function addNode(fields: ScriptArgument[], number: number, node: GraphNode): void {
  fields.push(`n${number}`, nodeText(node));
  if (node.next !== undefined && isMuch(node.next)) fields.push(...rangeFields(number, node.next));
  if ("template" in node) {
    if (node.input !== undefined) fields.push(`i${number}`, resultData(node.input));
    return;
  }
  fields.push(`w${number}`, countOf(node.members));
  for (const [k, part] of inThousands(node.members).entries()) {
    fields.push(`m${number}.${k}`, JSON.stringify(part));
  }
}

function countOf(ranges: readonly NodeRange[]): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** The members of a join in parts, so that no script has to look at all of them. */
function inThousands(ranges: readonly NodeRange[]): readonly (readonly NodeRange[])[] {
  const parts: NodeRange[][] = [];
  let room = 0;
  for (const [first, last] of ranges) {
    for (let from = first; from <= last; ) {
      if (room === 0) {
        parts.push([]);
        room = MEMBERS_PER_PART;
      }
      const to = Math.min(last, from + room - 1);
      parts.at(-1)?.push([from, to]);
      room -= to - from + 1;
      from = to + 1;
    }
  }
  return parts;
}

/**
 * A node as `lib/workflow.lua` reads it, JSON: `t` template, `a` node before, `n` nodes behind; only the first when there
 * are many (`b`), which are stored apart; `g` the join around it, `e` the last node of its member. Of a join `s` how many
 * members it has, `f` its first node, `c` where it goes on past failures. Written piece by piece, since it is most of what
 * starting a workflow costs.
 */
function nodeText(node: GraphNode): string {
  const { after, next, group } = node;
  let text =
    "template" in node
      ? `{"t":${node.template}`
      : `{"s":${countOf(node.members)},"f":${node.first}${node.onFailure === "continue" ? ',"c":1' : ""}`;
  if (after !== undefined) text += `,"a":${after}`;
  if (next !== undefined) {
    text += isMuch(next) ? `,"n":${rangesText(next.slice(0, 1))},"b":1` : `,"n":${rangesText(next)}`;
  }
  if (group !== undefined) text += `,"g":${group.join},"e":${group.end}`;
  return `${text}}`;
}

function rangesText(ranges: readonly NodeRange[]): string {
  return `[${ranges.map(([first, last]) => `[${first},${last}]`).join(",")}]`;
}

/** A template as `lib/workflow.lua` reads it, and the head of the bodies of its jobs. */
interface StoredTemplate {
  readonly text: string;
  readonly head: string | Buffer;
}

/** Steps of one task mostly share theirs, over all workflows. */
const storedTemplates = new WeakMap<StepTemplate, StoredTemplate>();

function storedTemplate(template: StepTemplate): StoredTemplate {
  const known = storedTemplates.get(template);
  if (known !== undefined) return known;
  const head = encodeBody({ ...template, id: "", payload: "" });
  const made = { text: JSON.stringify(templateFields(template)), head };
  storedTemplates.set(template, made);
  return made;
}

function templateFields(
  template: StepTemplate,
): Readonly<Record<string, unknown>> & { readonly task: string } {
  const { task, priority, delayMs = 0, dueAt, ttlMs, onExpire, limits } = template;
  return {
    task,
    priority: clampInteger(priority, -1000, 1000),
    ...(dueAt !== undefined
      ? { at: clampInteger(dueAt, 0, systemClock.now() + MOST_MS) }
      : delayMs > 0
        ? { delay: clampInteger(delayMs, 1, MOST_MS) }
        : {}),
    ...(ttlMs === undefined ? {} : { ttl: clampInteger(ttlMs, 0, MOST_MS) }),
    ...(ttlMs !== undefined && onExpire === "discard" ? { discard: 1 } : {}),
    ...(limits === undefined || Object.keys(limits).length === 0 ? {} : { limits: JSON.stringify(limits) }),
  };
}

const PARTS = 4;

/** As `WorkflowStore.readSteps`. */
export async function readSteps(session: Session, query: StepsQuery): Promise<readonly StepSnapshot[]> {
  await session.courier.caughtUp();
  const steps: StepSnapshot[] = [];
  const count = clampInteger(query.limit, 1, 1000);
  for (let from = query.from; steps.length < count; ) {
    const root = session.keys.root(WORKFLOW_TASK);
    const parts = await session.runner.run(readStepsScript, root, [query.id, from, count - steps.length]);
    for (let at = 0; at < parts.length; at += PARTS) {
      const texts = parts.slice(at, at + PARTS).map(String);
      steps.push(...toSnapshot(query.id, from + at / PARTS, texts));
    }
    from += parts.length / PARTS;
    if (parts.length === 0) break;
  }
  return steps;
}

/** As `WorkflowStore.readGraph`. */
export async function readGraph(session: Session, query: StepsQuery): Promise<readonly NodeOutline[]> {
  const count = clampInteger(query.limit, 1, 1000);
  const root = session.keys.root(WORKFLOW_TASK);
  const parts = await session.runner.run(readStepsScript, root, [query.id, query.from, count]);
  const outlines: NodeOutline[] = [];
  for (let at = 0; at < parts.length; at += PARTS)
    outlines.push(toOutline(query.from + at / PARTS, String(parts[at])));
  return outlines;
}

/** Reads what {@link nodeText} wrote. */
function toOutline(node: number, text: string): NodeOutline {
  const { f, a, g, e } = JSON.parse(text) as Readonly<Record<string, number | undefined>>;
  return {
    node,
    ...(f === undefined ? {} : { first: f }),
    ...(a === undefined ? {} : { after: a }),
    ...(g === undefined || e === undefined ? {} : { group: { join: g, end: e } }),
  };
}

function toSnapshot(id: string, node: number, parts: readonly string[]): readonly StepSnapshot[] {
  const [spec = "{}", outcome = "", runText = "", template = ""] = parts;
  if ((JSON.parse(spec) as { readonly t?: number }).t === undefined) return [];
  const state = stateOfLetter(outcome.slice(0, 1));
  const run = Number(runText);
  const ended = state !== undefined && isFinalState(state) ? state : undefined;
  return [
    {
      node,
      task: (JSON.parse(template) as ReturnType<typeof templateFields>).task,
      state: ended ?? (run > 0 ? "started" : "pending"),
      ...(run === 0 ? {} : { jobId: stepJobId({ workflow: id, node, run: Math.abs(run) }) }),
      ...(ended === undefined || ended === "completed"
        ? {}
        : { error: JSON.parse(outcome.slice(1)) as StoredError }),
    },
  ];
}
