/**
 * What a payload becomes where two unions overlap: both sides may accept it, each as another variant, so that nothing
 * fails and a queued job means something else.
 */
import { compilePart } from "../../../src/schema/interpreter.js";
import { type IrNode, type IrSchema, someNode } from "../../../src/schema/ir.js";
import type { RunIssue } from "../../../src/schema/ir-run.js";
import { canonicalJson } from "../../canonical-json.js";
import type { Change, Step, UnionChoice, VariantList } from "../change.js";
import type { Proof } from "../judge/trial.js";

/** What one side makes of a value. */
interface Winner {
  readonly index: number;
  readonly output: unknown;
  /** The output is made by code, which only a worker runs. */
  readonly isOpaque: boolean;
}

type Choose = (value: unknown) => Winner | undefined;

/** Finds the payloads that both sides accept and read as different variants. */
export function choiceProofs(
  change: Change & { readonly choice: UnionChoice },
  sides: { readonly old: IrSchema; readonly new: IrSchema },
): (fitting: { readonly payload: unknown; readonly wire: unknown }) => readonly Proof[] {
  const { choice, path } = change;
  const old = chooser(choice.old, sides.old);
  const next = chooser(choice.new, sides.new);
  return ({ payload, wire }) =>
    valuesAt(wire, path).flatMap(({ value, at }) => {
      const [before, after] = [old(value), next(value)];
      if (before === undefined || after === undefined || isSame(before, after, choice)) return [];
      const message = `becomes ${outcome(choice.new, after)}, and was ${outcome(choice.old, before)}`;
      return [{ payload, wire, issues: [{ path: at, message }], reads: "differently" as const }];
    });
}

function chooser({ nodes, discriminator }: VariantList, schema: IrSchema): Choose {
  const options = nodes.map((node) => ({
    run: compilePart({ root: node, definitions: schema.definitions }, "output"),
    isOpaque: someNode({ root: node, definitions: {} }, makesOutput),
  }));
  return (value) => {
    const tagged = taggedIndex(value, discriminator);
    for (const [index, { run, isOpaque }] of options.entries()) {
      if (tagged !== undefined && tagged !== index) continue;
      const issues: RunIssue[] = [];
      const output = run(value, issues);
      if (issues.length === 0) return { index, output, isOpaque };
    }
    return undefined;
  };
}

/** Code that only says yes or no leaves a value as it is. */
function makesOutput(node: IrNode): boolean {
  if (node.kind === "opaque") return node.what === "transform";
  if (node.kind === "codec") return true;
  return node.checks?.some((check) => check.check === "opaque" && check.changes === true) === true;
}

function taggedIndex(value: unknown, discriminator: VariantList["discriminator"]): number | undefined {
  if (discriminator === undefined || typeof value !== "object" || value === null) return undefined;
  const tag = (value as Readonly<Record<string, unknown>>)[discriminator.key];
  const index = discriminator.tags.findIndex((tags) => tags.some((candidate) => candidate === tag));
  return index === -1 ? undefined : index;
}

function isSame(before: Winner, after: Winner, { moved }: UnionChoice): boolean {
  if (moved.get(before.index) === after.index) return true;
  // A variant that has no counterpart and one that is new: it was rewritten, and its own change says so.
  const isRewritten = !moved.has(before.index) && ![...moved.values()].includes(after.index);
  if (isRewritten) return true;
  return !before.isOpaque && !after.isOpaque && jsonOf(before.output) === jsonOf(after.output);
}

function jsonOf(value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  return text === undefined ? "" : canonicalJson(JSON.parse(text));
}

const MAX_SHOWN = 80;

function outcome({ names }: VariantList, { index, output, isOpaque }: Winner): string {
  const name = names[index] ?? `variant ${index + 1}`;
  if (isOpaque) return `what code makes of it (${name})`;
  const text = JSON.stringify(output) ?? "nothing";
  return `${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text} (${name})`;
}

interface Found {
  readonly value: unknown;
  readonly at: readonly (string | number)[];
}

/** The values that stand at a place of a payload. */
function valuesAt(payload: unknown, path: readonly Step[]): readonly Found[] {
  return path.reduce<readonly Found[]>(
    (found, step) => found.flatMap((parent) => childrenAt(parent, step)),
    [{ value: payload, at: [] }],
  );
}

function childrenAt(parent: Found, step: Step): readonly Found[] {
  const { value, at } = parent;
  if (step.kind === "option" || step.kind === "side") return [parent];
  if (typeof value !== "object" || value === null) return [];
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : Object.entries(value);
  const fits = entries.filter(([key], index) => {
    if (step.kind === "key") return step.key === key;
    if (step.kind === "slot") return step.index === key;
    if (step.kind === "rest") return index === entries.length - 1;
    return step.kind === "element" || step.kind === "value";
  });
  return fits.map(([key, item]) => ({ value: item, at: [...at, key] }));
}
