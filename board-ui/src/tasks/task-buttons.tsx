/** What can be done to a task as a whole. */
import { useSignal } from "@preact/signals";
import type { TaskGlance } from "../../../src/board/api.js";
import { api, pathOf } from "../core/api.js";
import { plural } from "../core/format.js";
import { may } from "../core/me.js";
import { go, taskHref } from "../core/router.js";
import { ConfirmDialog } from "../parts/confirm-dialog.js";
import { type KeyAction, useKeys } from "../shell/keys.js";
import { say } from "../shell/toasts.js";

type Change = "pause" | "resume" | "drain";

export function TaskButtons({ task }: { readonly task: TaskGlance }) {
  const { name, pausedAt } = task;
  const asked = useSignal<Change | undefined>(undefined);
  const ask = (change: Change) => () => {
    asked.value = change;
  };
  const first: Change = pausedAt === undefined ? "pause" : "resume";
  const newJob = `${taskHref(name)}/new`;
  const keys: readonly KeyAction[] = may("operator")
    ? [
        { keys: "p", does: `${first === "pause" ? "Pause" : "Resume"} the task`, run: ask(first) },
        { keys: "n", does: "New job", run: () => go(newJob) },
        ...(may("admin") ? [{ keys: "D", does: "Drain the task", run: ask("drain") }] : []),
      ]
    : [];
  useKeys(keys);
  if (!may("operator")) return null;
  return (
    <>
      <a class="button primary" href={newJob}>
        New job
      </a>
      <button type="button" onClick={ask(first)}>
        {first === "pause" ? "Pause" : "Resume"}
      </button>
      {may("admin") ? (
        <button type="button" class="danger" onClick={ask("drain")}>
          Drain
        </button>
      ) : null}
      {asked.value && (
        <ChangeDialog
          task={task}
          change={asked.value}
          onClose={() => {
            asked.value = undefined;
          }}
        />
      )}
    </>
  );
}

interface ChangeDialogProps {
  readonly task: TaskGlance;
  readonly change: Change;
  readonly onClose: () => void;
}

const DONE: Readonly<Record<Change, string>> = {
  pause: "is paused",
  resume: "goes on",
  drain: "was drained",
};

function ChangeDialog({ task, change, onClose }: ChangeDialogProps) {
  const { name, counts } = task;
  const run = async (reason: object) => {
    await api.post(pathOf("tasks", name, change), reason);
    say(`${name} ${DONE[change]}.`);
  };
  const verb = { pause: "Pause", resume: "Resume", drain: "Drain" }[change];
  return (
    <ConfirmDialog
      title={`${verb} ${name}?`}
      verb={verb}
      isDangerous={change === "drain"}
      run={run}
      onClose={onClose}
    >
      {change === "pause" ? (
        <p>
          No more jobs of it start, anywhere, until it is resumed. Those at work ({counts.active}) go on, and{" "}
          {plural(counts.waiting, "job")} will wait.
        </p>
      ) : change === "resume" ? (
        <p>Its jobs start again: {plural(counts.waiting, "job")} wait.</p>
      ) : (
        <p>
          <b>{plural(counts.waiting, "job")}</b> that wait are cancelled. It cannot be undone. Jobs at work go
          on, and delayed ones stay.
        </p>
      )}
    </ConfirmDialog>
  );
}
