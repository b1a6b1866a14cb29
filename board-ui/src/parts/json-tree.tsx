/** A value of JSON as a tree that folds. Values that the board keeps to itself are shown as such. */
import type { ComponentChildren } from "preact";
import { plural } from "../core/format.js";

interface JsonTreeProps {
  readonly value: unknown;
  /** Folds what lies deeper. Default 2. */
  readonly depth?: number | undefined;
  /** What a field is called by its contract, by its path such as `user.email`. */
  readonly titles?: Readonly<Record<string, string>> | undefined;
}

/** Long lists and objects show their first parts. */
const MOST_PARTS = 200;
const LONG_TEXT = 400;

export function JsonTree({ value, depth = 2, titles = {} }: JsonTreeProps) {
  return (
    <div class="json">
      <Node value={value} path="" depth={depth} titles={titles} />
    </div>
  );
}

interface NodeProps {
  readonly value: unknown;
  readonly path: string;
  readonly depth: number;
  readonly titles: Readonly<Record<string, string>>;
  readonly name?: ComponentChildren;
}

function Node({ value, path, depth, titles, name }: NodeProps) {
  const hidden = hiddenAs(value);
  if (hidden !== undefined)
    return (
      <div class="leaf">
        {name}
        <span class="redacted" title="Its contract, or a rule of the board, says that it is kept from here">
          ▪▪▪▪ {hidden}
        </span>
      </div>
    );
  if (typeof value !== "object" || value === null)
    return (
      <div class="leaf">
        {name}
        <Scalar value={value} />
      </div>
    );
  const isList = Array.isArray(value);
  const parts = Object.entries(value);
  if (parts.length === 0)
    return (
      <div class="leaf">
        {name}
        <span class="quiet">{isList ? "[ ]" : "{ }"}</span>
      </div>
    );
  return (
    <details open={depth > 0}>
      <summary>
        {name}
        <span class="quiet">
          {isList ? `[ ${plural(parts.length, "item")} ]` : `{ ${plural(parts.length, "field")} }`}
        </span>
      </summary>
      {parts.slice(0, MOST_PARTS).map(([key, part]) => {
        const below = isList ? `${path}[]` : path === "" ? key : `${path}.${key}`;
        const title = titles[below];
        return (
          <Node
            key={key}
            value={part}
            path={below}
            depth={depth - 1}
            titles={titles}
            name={
              <span class="key" title={title ?? ""}>
                {key}
                {title && <small> {title}</small>}:
              </span>
            }
          />
        );
      })}
      {parts.length > MOST_PARTS ? <p class="quiet">and {parts.length - MOST_PARTS} more</p> : null}
    </details>
  );
}

function Scalar({ value }: { readonly value: unknown }) {
  if (typeof value !== "string")
    return <span class={`is-${value === null ? "null" : typeof value}`}>{String(value)}</span>;
  if (value.length <= LONG_TEXT) return <span class="is-string">"{value}"</span>;
  return (
    <details class="text">
      <summary>
        <span class="is-string">"{value.slice(0, LONG_TEXT)}…"</span>
      </summary>
      <span class="is-string">{value}</span>
    </details>
  );
}

/** `▪ text of 24` stands for a text of 24 characters that is kept back. */
function hiddenAs(value: unknown): string | undefined {
  return typeof value === "string" && value.startsWith("▪ ") ? value.slice(2) : undefined;
}
