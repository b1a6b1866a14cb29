/** From nested chains and groups to the graph that stores keep. */
import { rangesOf } from "./graph.js";
import type { JoinNode, NodeRange } from "./store.js";

/** Steps that follow one another, steps that run side by side, and what is at the ends of both. */
export type Plan<Leaf> =
  | { readonly kind: "step"; readonly leaf: Leaf }
  | { readonly kind: "chain"; readonly parts: readonly Plan<Leaf>[] }
  | {
      readonly kind: "group";
      readonly parts: readonly Plan<Leaf>[];
      readonly onFailure: JoinNode["onFailure"];
    };

/** A node whose step is still the leaf it came from. */
export type LaidNode<Leaf> = Omit<JoinNode, "members" | "first" | "onFailure"> &
  ({ readonly leaf: Leaf } | Pick<JoinNode, "members" | "first" | "onFailure">);

/** A graph in which each node comes after what it waits for; the last one gives the result. */
export interface LaidPlan<Leaf> {
  readonly nodes: readonly LaidNode<Leaf>[];
  /** What waits for nothing. */
  readonly roots: readonly NodeRange[];
}

/** The join around a node; its number is known when all members are laid. */
interface Scope {
  join: number;
}

interface Draft<Leaf> {
  readonly content: { readonly leaf: Leaf } | Pick<JoinNode, "members" | "first" | "onFailure">;
  readonly after: number | undefined;
  readonly scope: Scope | undefined;
  end: number;
}

/** Lays out a plan: members of a group in a row, then their join. */
export function layOut<Leaf>(plan: Plan<Leaf>): LaidPlan<Leaf> {
  const drafts: Draft<Leaf>[] = [];
  lay(plan, { drafts, after: undefined, scope: undefined });
  const next = followersOf(drafts);
  const nodes = drafts.map(({ content, after, scope, end }, index): LaidNode<Leaf> => {
    const followers = next.get(index);
    return {
      ...content,
      ...(after === undefined ? {} : { after }),
      ...(followers === undefined ? {} : { next: rangesOf(followers) }),
      ...(scope === undefined ? {} : { group: { join: scope.join, end } }),
    };
  });
  return { nodes, roots: rangesOf(next.get(undefined) ?? []) };
}

interface Ground<Leaf> {
  readonly drafts: Draft<Leaf>[];
  readonly after: number | undefined;
  readonly scope: Scope | undefined;
}

/** Returns the number of the node that gives the plan's result. */
function lay<Leaf>(plan: Plan<Leaf>, ground: Ground<Leaf>): number {
  switch (plan.kind) {
    case "step":
      return add(ground, { leaf: plan.leaf });
    case "chain": {
      let after = ground.after;
      for (const part of plan.parts) after = lay(part, { ...ground, after });
      return after ?? 0;
    }
    case "group":
      return layGroup(plan, ground);
  }
}

function layGroup<Leaf>(plan: Extract<Plan<Leaf>, { kind: "group" }>, ground: Ground<Leaf>): number {
  const { drafts, after } = ground;
  const first = drafts.length;
  const scope: Scope = { join: 0 };
  const ends = plan.parts.map((part) => {
    const start = drafts.length;
    const end = lay(part, { drafts, after, scope });
    for (const draft of drafts.slice(start)) if (draft.scope === scope) draft.end = end;
    return end;
  });
  const content = { members: rangesOf(ends), first, onFailure: plan.onFailure };
  scope.join = add({ ...ground, after: ends.length === 0 ? after : undefined }, content);
  return scope.join;
}

function add<Leaf>({ drafts, after, scope }: Ground<Leaf>, content: Draft<Leaf>["content"]): number {
  const index = drafts.length;
  drafts.push({ content, after, scope, end: index });
  return index;
}

/** Node → the nodes that start when it has completed. A join with members starts by them alone. */
function followersOf<Leaf>(drafts: readonly Draft<Leaf>[]): Map<number | undefined, number[]> {
  const next = new Map<number | undefined, number[]>();
  for (const [index, { content, after }] of drafts.entries()) {
    if ("members" in content && content.members.length > 0) continue;
    const followers = next.get(after);
    if (followers === undefined) next.set(after, [index]);
    else followers.push(index);
  }
  return next;
}
