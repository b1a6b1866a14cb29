/** Lists that are read page by page. */
import { useState } from "preact/hooks";
import type { Page } from "../../../src/app/operate/page.js";
import { sayFailed } from "../shell/toasts.js";
import { api } from "./api.js";
import { type Resource, useResource } from "./resource.js";

/** A list, as far as it was read. */
export interface Pages<P extends Page<unknown>> extends Resource<P> {
  /** Of all pages that were read. */
  readonly items: readonly P["items"][number][];
  readonly hasMore: boolean;
  /** Reads the page after them. */
  more(): void;
}

/** The first page, read again and again while no other is shown, and those that were asked for behind it. */
export function usePages<P extends Page<unknown>>(
  path: string,
  query: Readonly<Record<string, string | number>>,
  everyMs?: number,
): Pages<P> {
  const key = JSON.stringify(query);
  const [further, setFurther] = useState<{ readonly key: string; readonly pages: readonly P[] }>();
  const [isBusy, setBusy] = useState(false);
  const behind = further?.key === key ? further.pages : [];
  const first = useResource<P>(path, { query, everyMs: behind.length === 0 ? everyMs : undefined });
  const pages = first.value === undefined ? [] : [first.value, ...behind];
  const cursor = pages.at(-1)?.cursor;
  const more = async () => {
    setBusy(true);
    try {
      const page = await api.get<P>(path, { query: { ...query, cursor } });
      setFurther({ key, pages: [...behind, page] });
    } catch (failure) {
      sayFailed(failure);
    }
    setBusy(false);
  };
  return {
    ...first,
    items: pages.flatMap(({ items }) => items),
    isLoading: first.isLoading || isBusy,
    hasMore: cursor !== undefined,
    more: () => void more(),
  };
}
