/** What may be done with one job, each with its question. */
import { useState } from "preact/hooks";
import type { ChangeResult } from "../../../src/app/operate/change.js";
import type { Job } from "../../../src/app/operate/job.js";
import { api, pathOf } from "../core/api.js";
import { may } from "../core/me.js";
import { go, href, jobHref } from "../core/router.js";
import { ConfirmDialog } from "../parts/confirm-dialog.js";
import { type KeyAction, useKeys } from "../shell/keys.js";
import { say } from "../shell/toasts.js";
import { JOB_ACTIONS, type JobAction, resultInWords } from "./actions.js";
import { Given, givenFields } from "./bulk-dialog.js";

/** The path of a change below that of its job. */
const PATHS: Readonly<Record<JobAction["action"], string>> = {
  ...{
    retry: "retry",
    cancel: "cancel",
    promote: "promote",
    reschedule: "reschedule",
    prioritize: "priority",
    remove: "",
  },
};

export function JobButtons({ job }: { readonly job: Job }) {
  const [asking, setAsking] = useState<JobAction | "again">();
  const actions = JOB_ACTIONS.filter(({ role, states }) => may(role) && states.includes(job.state));
  const edited = href(`/tasks/${encodeURIComponent(job.task)}/new`, { from: job.id });
  const keys: KeyAction[] = actions.map((action) => ({
    keys: action.key,
    does: action.verb,
    run: () => setAsking(action),
  }));
  if (may("operator")) {
    keys.push({ keys: "a", does: "Run it again", run: () => setAsking("again") });
    keys.push({ keys: "e", does: "Run it again with another payload", run: () => go(edited) });
  }
  useKeys(keys);
  return (
    <>
      {actions.map((action) => (
        <button
          key={action.action}
          type="button"
          class={action.isDangerous ? "danger" : ""}
          onClick={() => setAsking(action)}
        >
          {action.verb}
        </button>
      ))}
      {may("operator") ? (
        <>
          <button type="button" onClick={() => setAsking("again")}>
            Run again
          </button>
          <a class="button" href={edited}>
            Edit and run
          </a>
        </>
      ) : null}
      {asking === undefined ? null : asking === "again" ? (
        <AgainDialog job={job} onClose={() => setAsking(undefined)} />
      ) : (
        <ActionDialog action={asking} job={job} onClose={() => setAsking(undefined)} />
      )}
    </>
  );
}

interface DialogProps {
  readonly job: Job;
  readonly onClose: () => void;
}

function ActionDialog({ action, job, onClose }: DialogProps & { readonly action: JobAction }) {
  const [given, setGiven] = useState("");
  const { task, id } = job;
  const run = async (reason: object) => {
    const body = { ...reason, ...givenFields(action, given) };
    const path = pathOf("jobs", task, id);
    const below = PATHS[action.action];
    const result =
      below === ""
        ? await api.remove<ChangeResult>(path, body)
        : await api.post<ChangeResult>(`${path}/${below}`, body);
    say(resultInWords(result, action.done), `${task} ${id}`);
    if (action.action === "remove" && result.status === "applied") go(href("/jobs", { q: `task:${task}` }));
  };
  return (
    <ConfirmDialog
      title={`${action.verb} this job?`}
      verb={action.verb}
      isDangerous={action.isDangerous}
      run={run}
      onClose={onClose}
    >
      <p>
        <span class="mono">{id}</span> of {task} is {job.state}, and will be {action.done}.
        {action.action === "remove" ? " Nothing of it is kept." : ""}
      </p>
      {action.asks && <Given asks={action.asks} value={given} set={setGiven} />}
    </ConfirmDialog>
  );
}

function AgainDialog({ job, onClose }: DialogProps) {
  const { task, id } = job;
  const run = async (reason: object) => {
    const made = await api.post<{ readonly id: string }>(pathOf("jobs", task, id, "again"), reason);
    say("It runs again as a new job.", made.id);
    go(jobHref(task, made.id));
  };
  return (
    <ConfirmDialog title="Run it again?" verb="Run again" run={run} onClose={onClose}>
      <p>
        A new job of {task} with the payload of <span class="mono">{id}</span> is dispatched. This one stays
        as it is.
      </p>
    </ConfirmDialog>
  );
}
