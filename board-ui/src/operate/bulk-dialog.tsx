/** Asks before many jobs are changed: how many there are, some of them, at which pace, and why. */
import { useEffect, useState } from "preact/hooks";
import type { BulkPreview, Operation } from "../../../src/board/api.js";
import { api, type CallFailed } from "../core/api.js";
import { count, plural } from "../core/format.js";
import { failureOf } from "../core/resource.js";
import { jobHref } from "../core/router.js";
import { ConfirmDialog } from "../parts/confirm-dialog.js";
import { ErrorBox } from "../parts/error-box.js";
import { TextField } from "../parts/field.js";
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
  const [pace, setPace] = useState(String(perSecond ?? ""));
  const [given, setGiven] = useState("");
  const [typed, setTyped] = useState("");
  const body = { action: action.action, ...choice };
  useEffect(() => {
    const gone = new AbortController();
    api
      .post<BulkPreview>("/bulk", { ...body, ...placeholder(action), dryRun: true }, { signal: gone.signal })
      .then(setPreview, (failure: unknown) => gone.signal.aborted || setError(failureOf(failure)));
    return () => gone.abort();
  }, []);
  const matched = preview?.matched ?? 0;
  const mustType = action.isDangerous && matched > MOST_WITHOUT_TYPING;
  const isReady = matched > 0 && (!mustType || typed.replace(/\D/g, "") === String(matched));
  const run = async (reason: object) => {
    const how = Number(pace) > 0 ? { perSecond: Number(pace) } : {};
    watchOperation(
      await api.post<Operation>("/bulk", { ...body, ...givenFields(action, given), ...how, ...reason }),
    );
  };
  return (
    <ConfirmDialog
      title={`${action.verb}: ${"q" in choice ? "all that match" : plural(choice.ids.length, "job")}`}
      verb={`${action.verb} ${preview === undefined ? "" : plural(matched, "job")}`}
      isDangerous={action.isDangerous}
      isBlocked={!isReady}
      run={run}
      onClose={onClose}
    >
      {error === undefined ? <Preview {...{ preview, action, choice }} /> : <ErrorBox error={error} />}
      {action.asks && <Given asks={action.asks} value={given} set={setGiven} />}
      <TextField
        label="Jobs a second"
        inputMode="decimal"
        pattern="\d*\.?\d+"
        placeholder="as fast as the store takes them"
        value={pace}
        set={setPace}
      />
      {mustType ? (
        <TextField
          label={
            <span>
              This cannot be undone. Type <strong>{count(matched)}</strong> to go on
            </span>
          }
          inputMode="numeric"
          value={typed}
          set={setTyped}
        />
      ) : null}
    </ConfirmDialog>
  );
}

interface PreviewProps {
  readonly preview: BulkPreview | undefined;
  readonly action: JobAction;
  readonly choice: BulkChoice;
}

function Preview({ preview, action, choice }: PreviewProps) {
  if (preview === undefined)
    return (
      <p class="said" role="status">
        Counting…
      </p>
    );
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
            {error && <span class="quiet"> {error.message.slice(0, 80)}</span>}
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
  readonly set: (value: string) => void;
}

/** The field for what a change needs to be told. */
export function Given({ asks, ...field }: GivenProps) {
  return asks === "when" ? (
    <TextField
      label="In"
      required
      pattern="\d+(\.\d+)? ?(ms|s|m|h|d|w)"
      placeholder="10m, 1h, 0s: from now"
      {...field}
    />
  ) : (
    <TextField
      label="Priority"
      required
      pattern="-?\d{1,4}"
      placeholder="−1000 to 1000, higher runs first"
      {...field}
    />
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
