import type { ComponentChildren } from "preact";

/** Stands where there is nothing, and says what would be there and how it comes. */
export function Empty({
  title,
  children,
}: {
  readonly title?: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      {title && <p class="title">{title}</p>}
      <div>{children}</div>
    </div>
  );
}

/** Stands where something is on its way. It is seen only when that takes long. */
export function Waiting({ what }: { readonly what: string }) {
  return (
    <div class="waiting" role="status">
      Reading {what}…
    </div>
  );
}
