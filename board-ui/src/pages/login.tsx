import { useRef, useState } from "preact/hooks";
import type { CallFailed } from "../core/api.js";
import { logIn } from "../core/me.js";
import { failureOf } from "../core/resource.js";
import { ErrorBox } from "../parts/error-box.js";

/** Shown in place of a page when the board does not know who asks. The address stays, so the page comes after. */
export function LoginPage() {
  const form = useRef<HTMLFormElement>(null);
  const [error, setError] = useState<CallFailed>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    const data = new FormData(form.current ?? undefined);
    const user = String(data.get("user") ?? "").trim();
    setBusy(true);
    try {
      await logIn({ password: String(data.get("password") ?? ""), ...(user === "" ? {} : { user }) });
    } catch (failure) {
      setError(failureOf(failure));
      setBusy(false);
    }
  };
  return (
    <main class="login">
      <form ref={form} onSubmit={submit}>
        <h1>taskora</h1>
        <p class="quiet">This board is closed. Log in to see it.</p>
        <label class="field">
          Name <span class="quiet">where there are several</span>
          <input name="user" type="text" autocomplete="username" autocapitalize="none" />
        </label>
        <label class="field">
          Password
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        {error && <ErrorBox error={error} />}
        <button type="submit" class="primary" disabled={isBusy}>
          Log in
        </button>
      </form>
    </main>
  );
}
