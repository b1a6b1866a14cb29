import { Session } from "node:inspector";

/** Where the function under inspection stands while the inspector looks at it. */
const INSPECTED = Symbol.for("taskora.inspected");

interface RemoteValue {
  readonly type?: string;
  readonly description?: string;
  readonly objectId?: string;
}

interface RemoteProperty {
  readonly name: string;
  readonly value?: RemoteValue;
}

interface RemoteProperties {
  readonly result: readonly RemoteProperty[];
  readonly internalProperties?: readonly RemoteProperty[];
}

/**
 * The source of a function that another function has closed over: zod wraps what the user wrote (superRefine,
 * computed defaults) in functions of its own, and only the engine can look inside those.
 *
 * @param variable name of the variable in the closure
 * @returns `undefined` where it holds no function, or where the engine has no inspector
 */
export function closureSource(fn: unknown, variable: string): string | undefined {
  const session = openSession();
  if (session === undefined) return undefined;
  Reflect.set(globalThis, INSPECTED, fn);
  try {
    const scopes = internalProperty(session, inspectedId(session), "[[Scopes]]");
    const closures = propertiesOf(session, scopes?.objectId).result.filter((scope) =>
      scope.value?.description?.startsWith("Closure"),
    );
    for (const closure of closures) {
      const variables = propertiesOf(session, closure.value?.objectId).result;
      const found = variables.find((candidate) => candidate.name === variable)?.value;
      if (found !== undefined) return found.type === "function" ? found.description : undefined;
    }
    return undefined;
  } finally {
    Reflect.deleteProperty(globalThis, INSPECTED);
    session.disconnect();
  }
}

/** Not every engine that runs Node programs has an inspector; without one, the caller has a coarser answer. */
function openSession(): Session | undefined {
  try {
    const session = new Session();
    session.connect();
    return session;
  } catch {
    return undefined;
  }
}

function inspectedId(session: Session): string | undefined {
  let id: string | undefined;
  const expression = `globalThis[Symbol.for(${JSON.stringify(Symbol.keyFor(INSPECTED))})]`;
  // A session on the same thread answers before `post` returns.
  session.post("Runtime.evaluate", { expression }, (_error, answer) => {
    id = answer?.result?.objectId;
  });
  return id;
}

function internalProperty(
  session: Session,
  objectId: string | undefined,
  name: string,
): RemoteValue | undefined {
  const { internalProperties } = propertiesOf(session, objectId);
  return internalProperties?.find((property) => property.name === name)?.value;
}

function propertiesOf(session: Session, objectId: string | undefined): RemoteProperties {
  let found: RemoteProperties = { result: [] };
  if (objectId === undefined) return found;
  session.post("Runtime.getProperties", { objectId, ownProperties: true }, (_error, answer) => {
    if (answer !== undefined) found = answer as RemoteProperties;
  });
  return found;
}
