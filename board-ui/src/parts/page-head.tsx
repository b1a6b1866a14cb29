import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

interface PageHeadProps {
  /** Of the page and of the window. */
  readonly title: string;
  /** Shown in place of the title, where it is more than text. */
  readonly heading?: ComponentChildren;
  /** One line that says what is seen. */
  readonly note?: ComponentChildren;
  /** Buttons. */
  readonly children?: ComponentChildren;
}

export function PageHead({ title, heading, note, children }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title} · taskora`;
  }, [title]);
  return (
    <div class="page-head">
      <div>
        <h1 tabIndex={-1}>{heading ?? title}</h1>
        {note && <p class="note">{note}</p>}
      </div>
      {children && <div class="actions">{children}</div>}
    </div>
  );
}
