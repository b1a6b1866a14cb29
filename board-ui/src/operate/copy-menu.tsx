/** A job as code, as a command, as a test or as a request, to be copied. */
import { useRef, useState } from "preact/hooks";
import type { Job } from "../../../src/app/operate/job.js";
import { API_URL } from "../core/api.js";
import { Dialog } from "../parts/dialog.js";
import { useKeys } from "../shell/keys.js";
import { say } from "../shell/toasts.js";
import { COPY_FORMS, type CopyForm, copyAs } from "../words/copy-as.js";

export function CopyMenu({ job }: { readonly job: Job }) {
  const [isOpen, setOpen] = useState(false);
  useKeys([{ keys: "y", does: "Copy the job as …", run: () => setOpen(true) }]);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Copy as…
      </button>
      {isOpen ? <CopyDialog job={job} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function CopyDialog({ job, onClose }: { readonly job: Job; readonly onClose: () => void }) {
  const [form, setForm] = useState<CopyForm>("code");
  const field = useRef<HTMLTextAreaElement>(null);
  const text = copyAs(form, job, `${window.location.origin}${API_URL}`);
  const hasHidden = text.includes("▪");
  const copy = async () => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(text);
      say("Copied.");
      onClose();
    } catch {
      // Browsers give the clipboard to secure pages alone; the text is selected.
      say("Selected.", "This page may not copy by itself: press Ctrl C.");
    }
  };
  return (
    <Dialog title="Copy the job as" onClose={onClose}>
      <div class="choices" role="radiogroup" aria-label="Form">
        {COPY_FORMS.map((each) => (
          <label key={each.form}>
            <input
              type="radio"
              name="form"
              checked={form === each.form}
              onChange={() => setForm(each.form)}
            />{" "}
            {each.label}
          </label>
        ))}
      </div>
      <textarea ref={field} class="mono" rows={12} readOnly aria-label="The job as text" value={text} />
      {hasHidden ? (
        <p class="quiet">Values that the board keeps back are not in it: put yours in their place.</p>
      ) : null}
      <div class="dialog-foot">
        <button type="button" onClick={onClose}>
          Close
        </button>
        <button type="button" class="primary" onClick={() => void copy()}>
          Copy
        </button>
      </div>
    </Dialog>
  );
}
