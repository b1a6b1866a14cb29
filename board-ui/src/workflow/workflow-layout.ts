/**
 * Where the parts of a workflow stand in a picture: chains from left to right, members of groups below each other, groups as boxes
 * around them. Wide groups are one bar with their counts until somebody opens them.
 */
import type { WorkflowNode } from "../../../src/board/api.js";
import { type TreePart, workflowTree } from "./workflow-tree.js";

/** Groups with more members than this begin as a bar. */
export const MOST_SHOWN = 20;
/** The picture has no more shapes and lines than this, whatever is opened. */
export const MOST_DRAWN = 2800;

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How many steps of a group are in each state. */
export interface StepCounts {
  readonly total: number;
  readonly pending: number;
  readonly started: number;
  readonly completed: number;
  /** Failed, cancelled and expired. */
  readonly failed: number;
}

/** What a shape stands for; a box is around an open group, a bar is a group in short. */
type Content =
  | { readonly kind: "step"; readonly node: WorkflowNode }
  | { readonly kind: "box" | "bar"; readonly end: WorkflowNode; readonly counts: StepCounts };

/** Something that is drawn. */
export type Shape = Rectangle & Content;

/** A line from one shape to the next. */
export interface Line {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  /** Whether both ends are on the critical path. */
  readonly isCritical: boolean;
}

/** A picture, in pixels. Boxes come before what is in them. */
export interface WorkflowPicture {
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
  readonly lines: readonly Line[];
  readonly counts: StepCounts;
}

const STEP = { width: 168, height: 36 };
const BAR = { width: 196, height: 44 };
const GAP_X = 28;
const GAP_Y = 10;
const PADDING = 14;
const HEAD = 24;

/** Lays out a workflow. `toggled`: numbers of ends of groups that are shown otherwise than they begin. */
export function layOutWorkflow(
  nodes: readonly WorkflowNode[],
  toggled: ReadonlySet<number> = new Set(),
): WorkflowPicture {
  const tree = workflowTree(nodes);
  const counts = countSteps(nodes);
  if (tree === undefined) return { width: 0, height: 0, shapes: [], lines: [], counts };
  const laid = lay(tree, { toggled, budget: { left: MOST_DRAWN } });
  const drawing: Drawing = { shapes: [], lines: [] };
  draw(laid, { x: 0, y: 0 }, drawing);
  return { width: laid.width, height: laid.height, ...drawing, counts };
}

/** A part that knows its size. */
type Laid = { readonly width: number; readonly height: number } & (
  | { readonly kind: "step"; readonly node: WorkflowNode }
  | {
      readonly kind: "box" | "bar";
      readonly end: WorkflowNode;
      readonly counts: StepCounts;
      readonly members: readonly Laid[];
    }
  | { readonly kind: "chain"; readonly parts: readonly Laid[] }
);

interface Sizing {
  readonly toggled: ReadonlySet<number>;
  /** Shapes and lines that may still be drawn. */
  readonly budget: { left: number };
}

function lay(part: TreePart, sizing: Sizing): Laid {
  switch (part.kind) {
    case "step":
      return { kind: "step", node: part.node, ...STEP };
    case "chain":
      return layChain(part.parts, sizing);
    case "group":
      return layGroup(part, sizing);
  }
}

function layChain(chain: readonly TreePart[], sizing: Sizing): Laid {
  const { parts, more } = withinBudget(chain, sizing);
  const laid = [...parts.map((part) => lay(part, sizing)), ...more];
  const width = laid.reduce((sum, each) => sum + each.width, GAP_X * Math.max(laid.length - 1, 0));
  return { kind: "chain", parts: laid, width, height: Math.max(0, ...laid.map(({ height }) => height)) };
}

/** As many parts of a chain as may be drawn; the others are one bar behind them. */
function withinBudget(
  chain: readonly TreePart[],
  { budget }: Sizing,
): { readonly parts: readonly TreePart[]; readonly more: readonly Laid[] } {
  const affordable = Math.max(Math.floor(budget.left / 2), 1);
  budget.left -= 2 * Math.min(chain.length, affordable);
  if (chain.length <= affordable) return { parts: chain, more: [] };
  const rest = chain.slice(affordable).flatMap(stepsIn);
  const [end] = rest;
  const parts = chain.slice(0, affordable);
  if (end === undefined) return { parts, more: [] };
  return { parts, more: [{ kind: "bar", end, counts: countSteps(rest), members: [], ...BAR }] };
}

function layGroup(part: Extract<TreePart, { readonly kind: "group" }>, sizing: Sizing): Laid {
  const { members, end } = part;
  const counts = countSteps(stepsIn(part));
  const isOpen = members.length > MOST_SHOWN === sizing.toggled.has(end.node);
  const cost = 3 * members.length;
  if (!isOpen || members.length === 0 || cost > sizing.budget.left)
    return { kind: "bar", end, counts, members: [], ...BAR };
  sizing.budget.left -= cost;
  const laid = members.map((member) => lay(member, sizing));
  const widest = laid.reduce((most, each) => Math.max(most, each.width), BAR.width);
  const inner = laid.reduce((sum, each) => sum + each.height, GAP_Y * (laid.length - 1));
  const width = widest + 2 * (PADDING + GAP_X / 2);
  return { kind: "box", end, counts, members: laid, width, height: HEAD + inner + PADDING };
}

/** Of a chain the whole is on the path, or none of it. */
function isCritical(part: Laid): boolean {
  if (part.kind === "chain") return part.parts.every(isCritical);
  return (part.kind === "step" ? part.node : part.end).isCritical === true;
}

interface Drawing {
  readonly shapes: Shape[];
  readonly lines: Line[];
}

function draw(laid: Laid, at: Pick<Rectangle, "x" | "y">, drawing: Drawing): void {
  const { width, height } = laid;
  if (laid.kind === "chain") {
    drawChain(laid, at, drawing);
    return;
  }
  const place = { ...at, width, height };
  if (laid.kind === "step") {
    drawing.shapes.push({ kind: "step", node: laid.node, ...place });
    return;
  }
  drawing.shapes.push({ kind: laid.kind, end: laid.end, counts: laid.counts, ...place });
  drawMembers(laid, place, drawing);
}

function drawChain(
  { parts, height }: Extract<Laid, { readonly kind: "chain" }>,
  { x, y }: Pick<Rectangle, "x" | "y">,
  drawing: Drawing,
): void {
  const middle = y + height / 2;
  let left = x;
  for (const [index, part] of parts.entries()) {
    const before = parts[index - 1];
    if (before !== undefined)
      drawing.lines.push({
        ...{ from: [left - GAP_X, middle], to: [left, middle] },
        isCritical: isCritical(before) && isCritical(part),
      });
    draw(part, { x: left, y: middle - part.height / 2 }, drawing);
    left += part.width + GAP_X;
  }
}

/** Each member has a line from the left edge of the box and one to its right edge. */
function drawMembers(
  { members }: { readonly members: readonly Laid[] },
  box: Rectangle,
  drawing: Drawing,
): void {
  const left = box.x + PADDING + GAP_X / 2;
  const middle = box.y + box.height / 2;
  let top = box.y + HEAD;
  for (const member of members) {
    const y = top + member.height / 2;
    const critical = isCritical(member);
    drawing.lines.push(
      { from: [box.x, middle], to: [left, y], isCritical: critical },
      { from: [left + member.width, y], to: [box.x + box.width, middle], isCritical: critical },
    );
    draw(member, { x: left, y: top }, drawing);
    top += member.height + GAP_Y;
  }
}

/** The steps among some nodes. */
export function countSteps(nodes: readonly WorkflowNode[]): StepCounts {
  const counts = { total: 0, pending: 0, started: 0, completed: 0, failed: 0 };
  for (const { task, state } of nodes) {
    if (task === undefined) continue;
    counts.total += 1;
    if (state === "pending" || state === "started" || state === "completed") counts[state] += 1;
    else counts.failed += 1;
  }
  return counts;
}

/** The steps of a part. */
function stepsIn(part: TreePart): readonly WorkflowNode[] {
  const found: WorkflowNode[] = [];
  const collect = (each: TreePart): void => {
    if (each.kind === "step") found.push(each.node);
    else for (const inner of each.kind === "chain" ? each.parts : each.members) collect(inner);
  };
  collect(part);
  return found;
}
