import { plural } from "../core/format.js";

interface MoreProps {
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly items: readonly unknown[];
  readonly more: () => void;
}

/** Asks for the next page of a list, where there is one. */
export function More({ hasMore, isLoading, items, more }: MoreProps) {
  if (!hasMore) return null;
  return (
    <p class="more">
      <button type="button" onClick={more} disabled={isLoading}>
        More
      </button>{" "}
      <span class="quiet">{plural(items.length, "row")} shown</span>
    </p>
  );
}
