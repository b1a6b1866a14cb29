import type { IrDiscriminator, IrNode, IrSchema } from "../../src/schema/ir.js";
import type { View } from "./compare/view.js";
import type { RuleId } from "./rules/rules.js";

/** One step from the root of a schema towards a place in it. */
export type Step =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "element" | "rest" | "value" | "recordKey" | "catchall" }
  | { readonly kind: "slot"; readonly index: number }
  /** A variant of a union, with its position on each side and what tells it apart. */
  | { readonly kind: "option"; readonly old: number; readonly new: number; readonly name: string }
  | { readonly kind: "side"; readonly side: "left" | "right" };

/**
 * What the comparison of two schemas says about one direction before a payload was tried. `break`: some payload that
 * reaches the place fails, which is certain. `always`: every one does, so that code beside or above it cannot matter.
 * `suspect`: it breaks when a payload proves it, and is unknown otherwise. `likely`: fine unless a payload shows the
 * contrary.
 */
export type Claim = "ok" | "likely" | "suspect" | "break" | "always" | "unknown";

/** Which way values go: written with the old contract and read with the new one, or the other way round. */
export type Direction = "oldToNew" | "newToOld";

export const DIRECTIONS: readonly Direction[] = ["oldToNew", "newToOld"];

/** One difference between two schemas. */
export interface Change {
  readonly rule: RuleId;
  readonly path: readonly Step[];
  /** A second place that belongs to it: the new name of a renamed field. */
  readonly also?: readonly Step[];
  readonly claims: Readonly<Record<Direction, Claim>>;
  /** What changed from what to what, for people. */
  readonly note: string;
  /** Why no payload is tried that could show it. */
  readonly untried?: string;
  readonly old?: IrNode;
  readonly new?: IrNode;
  /** Code that the writer runs at the place or above it, where there is any: `input.address`. */
  readonly code?: Readonly<Partial<Record<Direction, readonly Step[]>>>;
  /** What stands around the place on both sides, for the id of the change. */
  readonly pin?: unknown;
  /** Set for a change of which variant a union chooses. */
  readonly choice?: UnionChoice;
}

/** How the variants of two unions at one place belong to each other. */
export interface UnionChoice {
  readonly old: VariantList;
  readonly new: VariantList;
  /** The new position of each old variant. */
  readonly moved: ReadonlyMap<number, number>;
}

/** Whether a change is about which variant of a union a payload becomes. */
export function isChoice(change: Change): change is Change & { readonly choice: UnionChoice } {
  return change.choice !== undefined;
}

/** The variants of a union in the order in which they are tried. */
export interface VariantList {
  readonly nodes: readonly IrNode[];
  readonly names: readonly string[];
  readonly discriminator: IrDiscriminator | undefined;
}

/** Two schemas being compared, and what was found so far. */
export interface Comparison {
  readonly old: IrSchema;
  readonly new: IrSchema;
  readonly changes: Change[];
  /** Nodes of the old schema that contain themselves. */
  readonly recursive: ReadonlySet<IrNode>;
  /** Where pairs of recursive nodes were compared first, so that the comparison ends. */
  readonly seen: Map<IrNode, Map<IrNode, readonly Step[]>>;
  readonly echoes: Echo[];
  /** Compares two nodes and all below them. */
  readonly compareNodes: (place: Place, pair: NodePair) => void;
}

/** A place that is the same as an earlier one: a recursive schema, or one that is used twice. */
export interface Echo {
  readonly at: readonly Step[];
  readonly is: readonly Step[];
}

/** A node on each side. */
export interface NodePair {
  readonly old: IrNode;
  readonly new: IrNode;
}

/** Two views of the same place. */
export interface ViewPair {
  readonly old: View;
  readonly new: View;
}

/** Where the comparison stands. */
export interface Place {
  readonly path: readonly Step[];
  /** Another variant or half may still accept what this part refuses. */
  readonly isShared: boolean;
  readonly old: Surroundings;
  readonly new: Surroundings;
}

/** What stands around a place on one side. */
export interface Surroundings {
  /** A `catch()` above accepts everything. */
  readonly forgives: boolean;
  /** The second half of a pipe may refuse what the first one accepts. */
  readonly narrows: boolean;
  /** Nothing can be written here: a list without elements, an object with a key of type never. */
  readonly isEmpty: boolean;
  /** The nearest place above, or this one, where code decides. */
  readonly code: readonly Step[] | undefined;
}

const OPEN: Surroundings = { forgives: false, narrows: false, isEmpty: false, code: undefined };

export const ROOT: Place = { path: [], isShared: false, old: OPEN, new: OPEN };

/** A place one step further in. */
export function inside(place: Place, step: Step): Place {
  return { ...place, path: [...place.path, step] };
}

/** Notes a change, with its claims weakened by where it stands. */
export function note(
  comparison: Comparison,
  place: Place,
  change: Omit<Change, "path" | "claims"> & { readonly claims: readonly [Claim, Claim] },
): void {
  const [oldToNew, newToOld] = change.claims;
  const { old, new: next } = place;
  comparison.changes.push({
    ...change,
    path: place.path,
    claims: {
      oldToNew: weaken(oldToNew, place, { writer: old, reader: next }),
      newToOld: weaken(newToOld, place, { writer: next, reader: old }),
    },
    ...(old.code === undefined && next.code === undefined ? {} : { code: codeOf(place) }),
  });
}

function codeOf({ old, new: next }: Place): NonNullable<Change["code"]> {
  return {
    ...(old.code === undefined ? {} : { oldToNew: old.code }),
    ...(next.code === undefined ? {} : { newToOld: next.code }),
  };
}

function weaken(
  claim: Claim,
  { isShared }: Place,
  { writer, reader }: { readonly writer: Surroundings; readonly reader: Surroundings },
): Claim {
  if (claim === "ok") return "ok";
  if (reader.forgives || writer.isEmpty) return "likely";
  const isSome = claim === "break" && writer.narrows;
  return isSome || (isShared && (claim === "break" || claim === "always")) ? "suspect" : claim;
}

/** Writes a path as people read it: `input.items[].price`, `input<circle>.radius`. */
export function pathText(root: string, path: readonly Step[]): string {
  return path.reduce((text, step) => text + stepText(step), root);
}

function stepText(step: Step): string {
  switch (step.kind) {
    case "key":
      return /^[A-Za-z_$][\w$]*$/.test(step.key) ? `.${step.key}` : `[${JSON.stringify(step.key)}]`;
    case "element":
      return "[]";
    case "rest":
      return "[…]";
    case "value":
      return "[*]";
    case "recordKey":
      return "[key]";
    case "catchall":
      return "[unknown key]";
    case "slot":
      return `[${step.index}]`;
    case "option":
      return `<${step.name}>`;
    case "side":
      return "";
  }
}

/**
 * How the place of an issue relates to a path: the same place or below it, above it, or another one. Positions
 * in lists and keys of records match whatever they are.
 */
export function relate(path: readonly Step[], issue: readonly (string | number)[]): "at" | "above" | "other" {
  const [first] = path;
  if (first?.kind === "key" && issue.length > 0 && first.key !== String(issue[0])) return "other";
  const steps = path.filter((step) => step.kind !== "option" && step.kind !== "side");
  const shared = Math.min(steps.length, issue.length);
  for (let index = 0; index < shared; index++) {
    const step = steps[index];
    if (step?.kind === "key" && step.key !== String(issue[index])) return "other";
    if (step?.kind === "slot" && step.index !== issue[index]) return "other";
  }
  return issue.length >= steps.length ? "at" : "above";
}

/** Whether an issue lies in the union that a path leads through: what fits no variant is told of any of them. */
export function isInSameUnion(path: readonly Step[], issue: readonly (string | number)[]): boolean {
  const at = path.findIndex((step) => step.kind === "option");
  return at !== -1 && relate(path.slice(0, at), issue) === "at";
}

/** The place of an issue inside a recursive schema, as the first place that is the same. */
export function foldPath(
  issue: readonly (string | number)[],
  echoes: readonly Echo[],
): readonly (string | number)[] {
  let path = issue;
  for (let round = 0; round < issue.length; round++) {
    const echo = echoes.find((candidate) => relate(candidate.at, path) === "at");
    if (echo === undefined) return path;
    const folded = [...concrete(echo.is), ...path.slice(concrete(echo.at).length)];
    if (folded.length >= path.length && echo.is.length >= echo.at.length) return folded;
    path = folded;
  }
  return path;
}

function concrete(path: readonly Step[]): readonly (string | number)[] {
  return path.flatMap((step): readonly (string | number)[] => {
    if (step.kind === "option" || step.kind === "side") return [];
    if (step.kind === "key") return [step.key];
    return [step.kind === "slot" ? step.index : 0];
  });
}
