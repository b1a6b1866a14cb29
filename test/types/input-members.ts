import ts from "typescript";
import { readEntries } from "../../scripts/public-api.js";

/** What the library makes and is only handed back: nobody writes one of these. */
const HANDED_BACK: ReadonlySet<string> = new Set([
  ...["Taskora", "TaskClient", "TaskHandle", "JobHandle", "PendingJob", "WorkflowPart", "WorkflowHandle"],
  ...["ScheduleHandle", "MemoryStore", "AbortSignal", "DiffReport", "DiffFinding", "Finding", "ContractCase"],
  ...["RedisReader", "JobLimits", "MiddlewareContext"],
]);

/** What a program may wrap: its own members count, while calls and replies are records of a store, where a key has a value. */
const WRAPPED: ReadonlySet<string> = new Set(["Adapter", "ConformanceKit", "LiveSource"]);

/** Entries whose callers are adapters and generated code, which write out what they have. */
const NOT_WRITTEN_BY_HAND: ReadonlySet<string> = new Set(["taskora/adapter", "taskora/generated"]);

/** Which way a value goes: a program gives it to the library, or gets it. */
type Way = "given" | "got";

/**
 * The optional members that a program may give to an entry point and that do not take `undefined`: under
 * `exactOptionalPropertyTypes` a variable that may be undefined cannot be passed on for them.
 */
export function membersWithoutUndefined(): readonly string[] {
  const { checker, exported } = readEntries();
  const walk = new Walk(checker);
  for (const [entry, symbols] of exported) {
    if (NOT_WRITTEN_BY_HAND.has(entry)) continue;
    for (const symbol of symbols) walk.symbol(symbol, entry);
  }
  return [...walk.found].map(([member, path]) => `${member}, given as ${path}`).sort();
}

class Walk {
  /** Each member, and one place at which it is given. */
  readonly found = new Map<string, string>();
  readonly #seen: Record<Way, Set<ts.Type>> = { given: new Set(), got: new Set() };
  readonly #checker: ts.TypeChecker;

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
  }

  /** What an entry exports: a program reads it, and calls it. */
  symbol(exported: ts.Symbol, entry: string): void {
    const symbol =
      exported.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(exported) : exported;
    if (symbol.flags & ts.SymbolFlags.Value)
      this.#type(this.#checker.getTypeOfSymbol(symbol), "got", `${entry} ${symbol.name}`);
    if (symbol.flags & ts.SymbolFlags.Class)
      this.#type(this.#checker.getDeclaredTypeOfSymbol(symbol), "got", `${entry} ${symbol.name}`);
  }

  #type(type: ts.Type, way: Way, path: string): void {
    if (this.#seen[way].has(type)) return;
    this.#seen[way].add(type);
    if (way === "given" && HANDED_BACK.has(type.symbol?.name ?? "")) return;
    for (const argument of type.aliasTypeArguments ?? []) this.#type(argument, way, path);
    if (type.isUnionOrIntersection()) for (const each of type.types) this.#type(each, way, path);
    const constraint = type.isTypeParameter() ? this.#checker.getBaseConstraintOfType(type) : undefined;
    if (constraint !== undefined) this.#type(constraint, way, path);
    for (const argument of this.#argumentsOf(type)) this.#type(argument, way, path);
    if (this.#isForeign(type)) return;
    for (const call of type.getCallSignatures()) this.#signature(call, way, path);
    if (
      type.isUnion() ||
      this.#checker.isTupleType(type) ||
      !(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))
    )
      return;
    for (const property of type.getProperties()) {
      if (isPublic(property)) this.#property(property, type, way, path);
    }
  }

  #signature(call: ts.Signature, way: Way, path: string): void {
    const taken = way === "got" ? "given" : "got";
    for (const parameter of call.getParameters())
      this.#type(this.#checker.getTypeOfSymbol(parameter), taken, `${path}(${parameter.name})`);
    this.#type(call.getReturnType(), way, `${path}()`);
  }

  #property(property: ts.Symbol, of: ts.Type, way: Way, path: string): void {
    const type = this.#checker.getTypeOfSymbol(property);
    if (way === "given" && property.flags & ts.SymbolFlags.Optional && this.#mayOnlyBeMissing(property, type))
      this.found.set(nameOf(property), path);
    if (!WRAPPED.has(of.symbol?.name ?? "")) this.#type(type, way, `${path}.${property.name}`);
  }

  /** Under exactOptionalPropertyTypes what may only be missing has another type than `undefined`. */
  #mayOnlyBeMissing(property: ts.Symbol, type: ts.Type): boolean {
    // Of a member that depends on a type parameter there is a declaration for each case, and no one type.
    if ((property.declarations?.length ?? 0) > 1) return false;
    const own = this.#checker.getUndefinedType();
    const isOther = (each: ts.Type) => (each.flags & ts.TypeFlags.Undefined) !== 0 && each !== own;
    return type.isUnion() ? type.types.some(isOther) : isOther(type);
  }

  #argumentsOf(type: ts.Type): readonly ts.Type[] {
    const isReference =
      type.flags & ts.TypeFlags.Object && (type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference;
    return isReference ? this.#checker.getTypeArguments(type as ts.TypeReference) : [];
  }

  /** Declared elsewhere, such as by the language or Node. */
  #isForeign(type: ts.Type): boolean {
    const file = type.symbol?.declarations?.[0]?.getSourceFile().fileName;
    return file?.includes("node_modules") === true;
  }
}

function isPublic(property: ts.Symbol): boolean {
  const isPrivate = property.escapedName.toString().startsWith("__#");
  return !isPrivate && !property.getJsDocTags().some((tag) => tag.name === "internal");
}

/** Where a member is declared, so that each is named once. */
function nameOf(property: ts.Symbol): string {
  const declaration = property.declarations?.[0];
  const parent = declaration?.parent;
  const owner =
    parent !== undefined && (ts.isInterfaceDeclaration(parent) || ts.isClassDeclaration(parent))
      ? parent.name?.text
      : undefined;
  const file = declaration?.getSourceFile().fileName.split("/src/").pop();
  return `${file}: ${owner ?? "…"}.${property.name}`;
}
