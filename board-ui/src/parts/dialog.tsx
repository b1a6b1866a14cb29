/** Dialogs, by the browser's own element: the focus stays inside, and Escape closes. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { CallFailed } from "../core/api.js";
import { changes, failureOf } from "../core/resource.js";
import { ErrorBox } from "./error-box.js";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={element} aria-label={title} onClose={onClose}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}

interface ConfirmProps {
  readonly title: string;
  /** What will happen, with how many. */
  readonly children: ComponentChildren;
  /** On the button, as "Pause email.send". */
  readonly verb: string;
  /** What cannot be undone is red. */
  readonly isDangerous?: boolean | undefined;
  /** Asks for a reason, which the list of changes keeps. Default: it may be left empty. */
  readonly withoutReason?: boolean | undefined;
  /** Does it. The dialog stays and shows what went wrong when it fails. */
  readonly run: (reason: string | undefined) => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before something is done. */
export function ConfirmDialog(props: ConfirmProps) {
  const { title, children, verb, isDangerous, withoutReason, run, onClose } = props;
  const [reason, setReason] = useState("");
  const [error, setError] = useState<CallFailed>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await run(reason.trim() === "" ? undefined : reason.trim());
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
        {withoutReason === true ? null : (
          <label class="field">
            Reason <span class="quiet">for the audit list; may be left empty</span>
            <input
              type="text"
              maxLength={500}
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          </label>
        )}
        {error === undefined ? null : <ErrorBox error={error} />}
        <div class="dialog-foot">
          <button type="button" onClick={onClose}>
            Keep as it is
          </button>
          <button type="submit" class={isDangerous === true ? "danger" : "primary"} disabled={isBusy}>
            {verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
