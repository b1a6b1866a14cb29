import type { CallFailed } from "../core/api.js";

interface ErrorBoxProps {
  readonly error: CallFailed;
  /** Asks again. */
  readonly retry?: (() => void) | undefined;
}

/** Says what went wrong, and what to do. */
export function ErrorBox({ error, retry }: ErrorBoxProps) {
  return (
    <div class="error-box" role="alert">
      <p class="title">{titleOf(error)}</p>
      <p>{error.message}</p>
      {error.hint && <p class="quiet">{error.hint}</p>}
      <p class="foot">
        <code>{error.code}</code>
        {retry && (
          <button type="button" onClick={retry}>
            Try again
          </button>
        )}
      </p>
    </div>
  );
}

function titleOf({ status }: CallFailed): string {
  if (status === 0) return "The board is away";
  if (status === 403) return "Your role does not allow this";
  if (status === 404) return "There is none";
  if (status === 429) return "Too often";
  return status >= 500 ? "The board could not do it" : "This cannot be done";
}
