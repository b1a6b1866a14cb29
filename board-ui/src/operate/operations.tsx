/** Changes of many jobs that go on in the board: each with its progress and a way to stop it, on whatever page. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Operation } from "../../../src/board/api.js";
import { api, pathOf } from "../core/api.js";
import { count } from "../core/format.js";
import { useTopic } from "../core/live.js";
import { operationTopic } from "../core/live-topics.js";
import { changes, useResource } from "../core/resource.js";
import { sayFailed } from "../shell/toasts.js";
import { JOB_ACTIONS } from "./actions.js";

const watched = signal<readonly Operation[]>([]);

/** Shows an operation until somebody closes it. */
export function watchOperation(operation: Operation): void {
  watched.value = [...watched.value, operation];
}

export function Operations() {
  if (watched.value.length === 0) return null;
  return (
    <section class="operations" aria-label="Changes of many jobs">
      {watched.value.map((operation) => (
        <OperationCard key={operation.id} begun={operation} />
      ))}
    </section>
  );
}

const READ_MS = 1000;

function OperationCard({ begun }: { readonly begun: Operation }) {
  const path = pathOf("operations", begun.id);
  const told = useTopic<Operation>(operationTopic(begun.id)).value;
  const isOver = (told ?? begun).state !== "running";
  const read = useResource<Operation>(isOver ? undefined : path, { everyMs: READ_MS });
  const now = [begun, read.value, told].reduce<Operation>(
    (best, each) => (each && isLater(each, best) ? each : best),
    begun,
  );
  const { action, filter, state, matched, applied, refused, missing, error, id } = now;
  const isRunning = state === "running";
  useEffect(() => {
    if (!isRunning) changes.value += 1;
  }, [isRunning]);
  const close = () => {
    watched.value = watched.value.filter((each) => each.id !== id);
  };
  const done = JOB_ACTIONS.find((each) => each.action === action)?.done ?? action;
  return (
    <div class={`operation is-${state}`}>
      <p>
        <strong>{HEAD[state]}</strong> {count(applied)} of {count(matched)} found so far {done}
        {refused > 0 ? `, ${count(refused)} refused` : ""}
        {missing > 0 ? `, ${count(missing)} gone` : ""}
      </p>
      <p class="quiet mono cut">{filter}</p>
      {error && <p role="alert">{error}</p>}
      <div class="bar">
        {isRunning ? (
          <button type="button" onClick={() => void api.remove(path).then(read.reload, sayFailed)}>
            Stop
          </button>
        ) : (
          <button type="button" onClick={close}>
            Close
          </button>
        )}
      </div>
    </div>
  );
}

const HEAD: Readonly<Record<Operation["state"], string>> = {
  ...{ running: "Going on:", done: "Done:", stopped: "Stopped:", failed: "Failed:" },
};

function isLater(a: Operation, b: Operation): boolean {
  return (
    a.endedAt !== undefined || (b.endedAt === undefined && a.matched + a.applied >= b.matched + b.applied)
  );
}
