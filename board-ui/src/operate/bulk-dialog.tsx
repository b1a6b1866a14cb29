/** Asks before many jobs are changed: how many there are, some of them, at which pace, and why. */
import { useEffect, useState } from "preact/hooks";
import type { BulkPreview, Operation } from "../../../src/board/api.js";
import { api, type CallFailed } from "../core/api.js";
import { count, plural } from "../core/format.js";
import { failureOf } from "../core/resource.js";
import { jobHref } from "../core/router.js";
import { Dialog } from "../parts/dialog.js";
import { ErrorBox } from "../parts/error-box.js";
import { StateBadge } from "../parts/small.js";
import type { JobAction } from "./actions.js";
import { watchOperation } from "./operations.js";

/** Which jobs. */
export type BulkChoice =
  | { readonly q: string }
  | { readonly ids: readonly { readonly task: string; readonly id: string }[] };

interface BulkProps {
  readonly action: JobAction;
  readonly choice: BulkChoice;
  readonly perSecond?: number | undefined;
  readonly onClose: () => void;
}

/** Above this many the count has to be typed where nothing can be undone. */
const MOST_WITHOUT_TYPING = 100;

export function BulkDialog({ action, choice, perSecond, onClose }: BulkProps) {
  const [preview, setPreview] = useState<BulkPreview>();
  const [error, setError] = useState<CallFailed>();
  const [isBusy, setBusy] = useState(false);
  const [pace, setPace] = useState(perSecond === undefined ? "" : String(perSecond));
  const [reason, setReason] = useState("");
  const [given, setGiven] = useState("");
  const [typed, setTyped] = useState("");
  const which = "q" in choice ? { q: choice.q } : { ids: choice.ids };
  const body = { action: action.action, ...which, ...givenFields(action, given) };
  useEffect(() => {
    const gone = new AbortController();
    api
      .post<BulkPreview>("/bulk", { ...body, ...placeholder(action), dryRun: true }, { signal: gone.signal })
      .then(setPreview, (failure: unknown) => gone.signal.aborted || setError(failureOf(failure)));
    return () => gone.abort();
  }, []);
  const matched = preview?.matched ?? 0;
  const mustType = action.isDangerous && matched > MOST_WITHOUT_TYPING;
  const isReady =
    preview !== undefined && matched > 0 && (!mustType || typed.replace(/\D/g, "") === String(matched));
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!isReady) return;
    setBusy(true);
    try {
      const rate = Number(pace);
      const how = {
        ...(rate > 0 ? { perSecond: rate } : {}),
        ...(reason.trim() === "" ? {} : { reason: reason.trim() }),
      };
      watchOperation(await api.post<Operation>("/bulk", { ...body, ...how }));
      onClose();
    } catch (failure) {
      setError(failureOf(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={`${action.verb}: ${"q" in choice ? "all that match" : plural(choice.ids.length, "job")}`}
      onClose={onClose}
    >
      <form onSubmit={submit}>
        <Preview preview={preview} action={action} choice={choice} isCounting={error === undefined} />
        {action.asks === undefined ? null : <Given asks={action.asks} value={given} onInput={setGiven} />}
        <div class="two">
          <label class="field">
            Jobs a second
            <input
              type="number"
              min="0.01"
              step="any"
              placeholder="as fast as the store takes them"
              value={pace}
              onInput={(event) => setPace(event.currentTarget.value)}
            />
          </label>
          <label class="field">
            Reason
            <input
              type="text"
              maxLength={500}
              placeholder="for the audit list"
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          </label>
        </div>
        {mustType ? (
          <label class="field">
            <span>
              This cannot be undone. Type <strong>{count(matched)}</strong> to go on
            </span>
            <input
              type="text"
              inputMode="numeric"
              autocomplete="off"
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </label>
        ) : null}
        {error === undefined ? null : <ErrorBox error={error} />}
        <div class="dialog-foot">
          <button type="button" onClick={onClose}>
            Keep as it is
          </button>
          <button
            type="submit"
            class={action.isDangerous ? "danger" : "primary"}
            disabled={!isReady || isBusy}
          >
            {action.verb} {preview === undefined ? "" : plural(matched, "job")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface PreviewProps {
  readonly preview: BulkPreview | undefined;
  readonly action: JobAction;
  readonly choice: BulkChoice;
  readonly isCounting: boolean;
}

function Preview({ preview, action, choice, isCounting }: PreviewProps) {
  if (preview === undefined)
    return isCounting ? (
      <p class="said" role="status">
        Counting…
      </p>
    ) : null;
  return (
    <div class="said">
      <p role="status">
        <strong>{plural(preview.matched, "job")}</strong> will be {action.done}.
        {preview.matched === 0 ? ` It is about jobs that are ${action.states.join(", ")}.` : ""}
      </p>
      {"q" in choice ? <p class="mono quiet cut">{choice.q}</p> : null}
      <ul class="sample">
        {preview.sample.map(({ task, id, state, error }) => (
          <li key={`${task} ${id}`}>
            <StateBadge state={state} isShort /> <a href={jobHref(task, id)}>{id}</a>{" "}
            <span class="quiet">{task}</span>
            {error === undefined ? null : <span class="quiet"> {error.message.slice(0, 80)}</span>}
          </li>
        ))}
      </ul>
      {preview.matched > preview.sample.length ? (
        <p class="quiet">and {count(preview.matched - preview.sample.length)} more</p>
      ) : null}
    </div>
  );
}

interface GivenProps {
  readonly asks: NonNullable<JobAction["asks"]>;
  readonly value: string;
  readonly onInput: (value: string) => void;
}

/** The field for what a change needs to be told. */
export function Given({ asks, value, onInput }: GivenProps) {
  return (
    <label class="field">
      {asks === "when" ? "In" : "Priority"}
      <input
        type="text"
        required
        pattern={asks === "when" ? "\\d+(\\.\\d+)? ?(ms|s|m|h|d|w)" : "-?\\d{1,4}"}
        placeholder={asks === "when" ? "10m, 1h, 0s: from now" : "−1000 to 1000, higher runs first"}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

/** What was given, as the API takes it. */
export function givenFields(action: JobAction, given: string): Readonly<Record<string, unknown>> {
  if (action.asks === "when") return { delay: given.trim() };
  return action.asks === "priority" ? { priority: Number(given) } : {};
}

/** A dry run needs something that is valid. */
function placeholder({ asks }: JobAction): Readonly<Record<string, unknown>> {
  if (asks === "when") return { delay: "1m" };
  return asks === "priority" ? { priority: 0 } : {};
}
