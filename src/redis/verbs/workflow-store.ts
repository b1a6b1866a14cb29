/** Workflows in Redis: writes graphs for the scripts to read, and reads how their steps stand. */
import { systemClock } from "../../core/clock.js";
import type { StoredError } from "../../core/errors.js";
import { isFinalState } from "../../core/lifecycle.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import {
  GRAPH_KEPT_MS,
  type GraphNode,
  type GraphPart,
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

/** A node as `lib/workflow.lua` reads it. */
interface StoredNode {
  /** Template. */
  readonly t?: number;
  /** Node before. */
  readonly a?: number;
  /** Nodes behind; only the first when there are many, which are stored apart. */
  readonly n?: readonly NodeRange[];
  readonly b?: 1;
  /** Join around it, and the last node of its member. */
  readonly g?: number;
  readonly e?: number;
  /** Of a join: how many members it has, its first node, whether it goes on past failures. */
  readonly s?: number;
  readonly f?: number;
  readonly c?: 1;
}

/** A template as `lib/workflow.lua` reads it. */
interface StoredTemplate {
  readonly root: string;
  readonly task: string;
  readonly priority: number;
  readonly delay?: number;
  readonly at?: number;
  readonly ttl?: number;
  readonly discard?: 1;
  readonly limits?: string;
}

/** As `WorkflowStore.define`. */
export async function defineGraph(session: Session, part: GraphPart): Promise<void> {
  session.surveyor.makeKnown(WORKFLOW_TASK);
  const fields: ScriptArgument[] = [];
  for (const [index, template] of part.templates.entries()) {
    const number = part.firstTemplate + index;
    fields.push(`t${number}`, JSON.stringify(toStoredTemplate(session, template)));
    fields.push(`h${number}`, encodeBody({ ...template, id: "", payload: "" }));
  }
  for (const [index, node] of part.nodes.entries()) fields.push(...nodeFields(part.firstNode + index, node));
  if (part.roots !== undefined) {
    const last = part.firstNode + part.nodes.length - 1;
    const roots = isMuch(part.roots) ? [] : part.roots;
    fields.push("last", last, "roots", JSON.stringify(roots), ...rangeFields(last + 1, part.roots));
  }
  await session.runner.run(defineGraphScript, session.keys.root(WORKFLOW_TASK), [
    part.id,
    GRAPH_KEPT_MS,
    ...fields,
  ]);
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

function nodeFields(number: number, node: GraphNode): ScriptArgument[] {
  const fields: ScriptArgument[] = [`n${number}`, JSON.stringify(toStoredNode(node))];
  fields.push(...rangeFields(number, node.next ?? []));
  if ("template" in node) {
    if (node.input !== undefined) fields.push(`i${number}`, resultData(node.input));
  } else {
    fields.push(`w${number}`, countOf(node.members));
    for (const [k, part] of inThousands(node.members).entries()) {
      fields.push(`m${number}.${k}`, JSON.stringify(part));
    }
  }
  return fields;
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

function toStoredNode(node: GraphNode): StoredNode {
  return {
    ...("template" in node
      ? { t: node.template }
      : { s: countOf(node.members), f: node.first, ...(node.onFailure === "continue" ? { c: 1 } : {}) }),
    ...(node.after === undefined ? {} : { a: node.after }),
    ...(node.next === undefined
      ? {}
      : isMuch(node.next)
        ? { n: node.next.slice(0, 1), b: 1 }
        : { n: node.next }),
    ...(node.group === undefined ? {} : { g: node.group.join, e: node.group.end }),
  };
}

function toStoredTemplate(session: Session, template: StepTemplate): StoredTemplate {
  const { task, priority, delayMs = 0, dueAt, ttlMs, onExpire, limits } = template;
  return {
    root: session.keys.root(task),
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

function toSnapshot(id: string, node: number, parts: readonly string[]): readonly StepSnapshot[] {
  const [spec = "{}", outcome = "", runText = "", template = ""] = parts;
  if ((JSON.parse(spec) as StoredNode).t === undefined) return [];
  const state = stateOfLetter(outcome.slice(0, 1));
  const run = Number(runText);
  const ended = state !== undefined && isFinalState(state) ? state : undefined;
  return [
    {
      node,
      task: (JSON.parse(template) as StoredTemplate).task,
      state: ended ?? (run > 0 ? "started" : "pending"),
      ...(run === 0 ? {} : { jobId: stepJobId({ workflow: id, node, run: Math.abs(run) }) }),
      ...(ended === undefined || ended === "completed"
        ? {}
        : { error: JSON.parse(outcome.slice(1)) as StoredError }),
    },
  ];
}
