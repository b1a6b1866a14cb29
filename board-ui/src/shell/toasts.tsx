/** Short messages at the foot of the page. */
import { signal } from "@preact/signals";
import { CallFailed } from "../core/api.js";
import { failureOf } from "../core/resource.js";

interface Toast {
  readonly id: number;
  readonly kind: "done" | "failed";
  readonly text: string;
  readonly more?: string | undefined;
}

const toasts = signal<readonly Toast[]>([]);
let nth = 0;

function add(toast: Omit<Toast, "id">, ms: number): void {
  nth += 1;
  const id = nth;
  toasts.value = [...toasts.value.slice(-3), { ...toast, id }];
  setTimeout(() => dismiss(id), ms);
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** Says that something was done. */
export function say(text: string, more?: string): void {
  add({ kind: "done", text, more }, 5_000);
}

/** Says what went wrong with something that was asked for, and what to do. */
export function sayFailed(error: unknown): void {
  const failure = error instanceof CallFailed ? error : failureOf(error);
  add({ kind: "failed", text: failure.message, more: failure.hint ?? failure.code }, 12_000);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, kind, text, more }) => (
        <div key={id} class={`toast ${kind}`}>
          <span aria-hidden="true">{kind === "done" ? "✔" : "✖"}</span>
          <div>
            <p>{text}</p>
            {more && <p class="quiet">{more}</p>}
          </div>
          <button type="button" class="plain" aria-label="Dismiss" onClick={() => dismiss(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
