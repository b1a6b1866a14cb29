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
}) {
  const { tabs, current, label } = props;
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a
          key={tab.key}
          href={tab.href}
          {...(tab.key === current ? { "aria-current": "page" as const } : {})}
        >
          {tab.label}
        </a>
      ))}
    </nav>
  );
}
