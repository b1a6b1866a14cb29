import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { CallFailed } from "../core/api.js";
import { changes, failureOf } from "../core/resource.js";
import { Dialog } from "./dialog.js";
import { ErrorBox } from "./error-box.js";
import { TextField } from "./field.js";

interface ConfirmProps {
  readonly title: string;
  /** What will happen, with how many, and what else has to be told. */
  readonly children: ComponentChildren;
  /** On the button, as "Pause". */
  readonly verb: string;
  /** What cannot be undone is red. */
  readonly isDangerous?: boolean | undefined;
  /** Something has to be told or to come before it can be done. */
  readonly isBlocked?: boolean | undefined;
  /** Does it, with the reason that was given. The dialog stays and shows what went wrong when it fails. */
  readonly run: (reason: { readonly reason?: string }) => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before something is done, and for a reason, which may be left empty. */
export function ConfirmDialog(props: ConfirmProps) {
  const { title, children, verb, isDangerous, isBlocked, run, onClose } = props;
  const [reason, setReason] = useState("");
  const [error, setError] = useState<CallFailed>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isBlocked) return;
    setBusy(true);
    try {
      await run(reason.trim() === "" ? {} : { reason: reason.trim() });
      changes.value += 1;
      onClose();
    } catch (failure) {
      setError(failureOf(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        <div class="said">{children}</div>
        <TextField
          label="Reason"
          maxLength={500}
          placeholder="for the audit list; may be left empty"
          value={reason}
          set={setReason}
        />
        {error && <ErrorBox error={error} />}
        <div class="dialog-foot">
          <button type="button" onClick={onClose}>
            Keep as it is
          </button>
          <button type="submit" class={isDangerous ? "danger" : "primary"} disabled={isBlocked || isBusy}>
            {verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
