/** Small parts of pages. */
import type { ComponentChildren } from "preact";
import type { JobState } from "../../../src/core/lifecycle.js";
import { now } from "../core/clock.js";
import { age, count, shortCount } from "../core/format.js";
import { moment } from "../core/moments.js";
import { STATE_MARK } from "../core/states.js";

/** A state by its letter, colour and word. */
export function StateBadge({ state, isShort }: { readonly state: JobState; readonly isShort?: boolean }) {
  return (
    <span class={`state is-${state}`} title={state}>
      <span class="mark" aria-hidden={isShort !== true}>
        {STATE_MARK[state]}
      </span>
      {isShort === true ? <span class="unseen">{state}</span> : state}
    </span>
  );
}

/** How long ago a moment of the store's clock is, counted up on the screen; its date on a closer look. */
export function Age({ at, suffix }: { readonly at: number | undefined; readonly suffix?: string }) {
  if (at === undefined) return <span class="quiet">–</span>;
  const ms = now.value - at;
  const text = ms < 0 ? `in ${age(-ms)}` : `${age(ms)}${suffix === undefined ? "" : ` ${suffix}`}`;
  return (
    <time dateTime={new Date(at).toISOString()} title={moment(at)}>
      {text}
    </time>
  );
}

/** A number; nothing is quieter than something. */
export function Count({
  value,
  isShort,
}: {
  readonly value: number | undefined;
  readonly isShort?: boolean;
}) {
  if (value === undefined) return <span class="quiet">–</span>;
  const text = isShort === true ? shortCount(value) : count(value);
  const title = text === count(value) ? {} : { title: count(value) };
  return (
    <span class={value === 0 ? "num quiet" : "num"} {...title}>
      {text}
    </span>
  );
}

/** A word in a frame. */
export function Tag({ kind, children }: { readonly kind?: string; readonly children: ComponentChildren }) {
  return <span class={`tag ${kind ?? ""}`}>{children}</span>;
}

/** Names with their values; those that have none are left out. */
export function KeyValue({ items }: { readonly items: Readonly<Record<string, ComponentChildren>> }) {
  return (
    <dl class="pairs">
      {Object.entries(items).map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** How long ago something was; undefined: it was not. */
export const ago = (at: number | undefined) => (at === undefined ? undefined : <Age at={at} suffix="ago" />);

/** A value that is marked where it is bad. */
export function Judged({ value, isBad }: { readonly value: string; readonly isBad: boolean }) {
  return isBad ? <strong class="bad">{value} !</strong> : value;
}

/** A key of the keyboard. */
export const Kbd = ({ children }: { readonly children: ComponentChildren }) => <kbd>{children}</kbd>;
