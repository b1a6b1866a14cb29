import type { ComponentChildren } from "preact";

export interface Tab {
  readonly key: string;
  readonly label: ComponentChildren;
  /** Where it leads: every view has an address. */
  readonly href: string;
}

/** Views of the same thing, as links. */
export function Tabs(props: {
  readonly tabs: readonly Tab[];
  readonly current: string;
  readonly label: string;
  /** Small, for the head of a card. */
  readonly isSmall?: boolean;
}) {
  const { tabs, current, label, isSmall } = props;
  return (
    <nav class={isSmall ? "choice" : "tabs"} aria-label={label}>
      {tabs.map((tab) => (
        <a key={tab.key} href={tab.href} aria-current={tab.key === current ? "page" : undefined}>
          {tab.label}
        </a>
      ))}
    </nav>
  );
}
