import type { ComponentChildren } from "preact";

interface TextFieldProps {
  readonly label: ComponentChildren;
  readonly value: string;
  readonly set: (value: string) => void;
  /** Below it. */
  readonly children?: ComponentChildren;
  /** Lines of it; undefined: it has one. */
  readonly rows?: number;
  readonly class?: string;
  readonly name?: string;
  readonly inputMode?: "numeric" | "decimal";
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly pattern?: string;
  readonly maxLength?: number;
}

/** A field for text under its name. */
export function TextField({ label, value, set, children, rows, ...own }: TextFieldProps) {
  const input = {
    ...{ value, spellcheck: false, autocomplete: "off" as const, ...own },
    onInput: (event: { readonly currentTarget: { readonly value: string } }) =>
      set(event.currentTarget.value),
  };
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: either of the two is in it
    <label class="field">
      {label}
      {rows === undefined ? <input type="text" {...input} /> : <textarea rows={rows} {...input} />}
      {children}
    </label>
  );
}
