/**
 * In which async context (what `AsyncLocalStorage` gives, so traces, tenants, transactions) things run.
 *
 * The library works in the root context: it serves many callers, so that of none of them may stick to a connection, a
 * timer or a subscription that one of them happened to open. Each job has a context of its own, made from the root's.
 * A listener runs in the one in which it was added.
 */
import { AsyncResource } from "node:async_hooks";

/** Made when the library is loaded, so before any request or job. */
const ROOT = new AsyncResource("TaskoraRoot");

/** Runs `work` in the root context, whoever calls. */
export function inRootContext<Result>(work: () => Result): Result {
  return ROOT.runInAsyncScope(runApart, undefined, work) as Result;
}

/** A new context with nothing in it of whoever calls. What is entered there stays there. */
export function newRootContext(): AsyncResource {
  return ROOT.runInAsyncScope(currentContext);
}

/** The context of the caller. */
export function currentContext(): AsyncResource {
  return new AsyncResource("TaskoraContext");
}

/** Runs `work` in `context` without leaving anything in it, so that it can be used again. */
export function inContext<Result>(context: AsyncResource, work: () => Result): Result {
  return context.runInAsyncScope(runApart, undefined, work) as Result;
}

/** `enterWith` changes the innermost resource, and with some versions of Node for good: so that is one of its own. */
function runApart<Result>(work: () => Result): Result {
  return new AsyncResource("TaskoraWork").runInAsyncScope(work);
}

/**
 * The same object, whose methods run in the root context, those of the objects in it too: what a store opens when it is
 * needed is opened there.
 */
export function workingInRootContext<Target extends object>(target: Target): Target {
  const made = new Map<unknown, unknown>();
  const wrap = (value: object): object =>
    typeof value === "function"
      ? (...given: unknown[]) => inRootContext(() => Reflect.apply(value as () => unknown, target, given))
      : workingInRootContext(value);
  // Not around the target itself: what is frozen there could not be given in another form.
  return new Proxy({} as Target, {
    has: (_, key) => key in target,
    get(_, key) {
      const value: unknown = Reflect.get(target, key, target);
      if ((typeof value !== "object" && typeof value !== "function") || value === null) return value;
      if (!made.has(value)) made.set(value, wrap(value));
      return made.get(value);
    },
  });
}
