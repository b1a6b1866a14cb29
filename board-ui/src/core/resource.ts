/** What a page reads by a call, and reads again. */
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, CallFailed } from "./api.js";

/** A value that was asked for. While it is asked for anew the old one stays. */
export interface Resource<T> {
  readonly value: T | undefined;
  readonly error: CallFailed | undefined;
  readonly isLoading: boolean;
  /** Of this browser: when the value came, ms since the epoch. */
  readonly at: number | undefined;
  /** Asks again. */
  reload(): void;
}

interface ResourceOptions {
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>> | undefined;
  /** Asks again so often while the page is seen, in ms. Default: only when it is told to. */
  readonly everyMs?: number | undefined;
}

/** Rises whenever something was changed from here: what is on the screen is read anew. */
export const changes = signal(0);

/** Reads a path of the API. Undefined: nothing is asked. */
export function useResource<T>(path: string | undefined, options: ResourceOptions = {}): Resource<T> {
  const { everyMs } = options;
  const query = JSON.stringify(options.query ?? {});
  const state = useSignal<Omit<Resource<T>, "reload"> & { readonly key: string }>(empty(""));
  const turn = useSignal(0);
  const key = `${path ?? ""} ${query}`;
  const round = turn.value + changes.value;
  useEffect(() => {
    if (path === undefined) return;
    const gone = new AbortController();
    if (state.peek().key !== key) state.value = empty(key);
    else state.value = { ...state.peek(), isLoading: true };
    const given = JSON.parse(query) as NonNullable<ResourceOptions["query"]>;
    api.get<T>(path, { query: given, signal: gone.signal }).then(
      (value) => {
        state.value = { key, value, error: undefined, isLoading: false, at: Date.now() };
      },
      (error: unknown) => {
        if (gone.signal.aborted) return;
        state.value = { ...state.peek(), error: failureOf(error), isLoading: false };
      },
    );
    return () => gone.abort();
  }, [key, round]);
  useEffect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(() => {
      if (!document.hidden) turn.value += 1;
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  const shown = state.value.key === key ? state.value : empty<T>(key);
  return {
    ...shown,
    reload: () => {
      turn.value += 1;
    },
  };
}

function empty<T>(key: string): Omit<Resource<T>, "reload"> & { readonly key: string } {
  return { key, value: undefined, error: undefined, isLoading: true, at: undefined };
}

/** Whatever was thrown, as something that can be shown. */
export function failureOf(error: unknown): CallFailed {
  if (error instanceof CallFailed) return error;
  return new CallFailed(0, { code: "BOARD_PAGE", message: (error as Error).message });
}
