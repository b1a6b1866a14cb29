/** Says that the store does not answer, why, and what to look at. */
import type { CallFailed } from "../core/api.js";
import { age } from "../core/format.js";
import { me } from "../core/me.js";
import { clock } from "../core/moments.js";
import { KeyValue } from "../parts/small.js";

interface StoreAwayProps {
  /** It never answered this page. */
  readonly error?: CallFailed;
  /** It did before. */
  readonly away?: { readonly forMs: number; readonly message: string };
  /** When it answered last, ms since the epoch. */
  readonly at?: number;
}

export function StoreAway({ error, away, at }: StoreAwayProps) {
  const { name, address } = me.value?.store ?? {};
  const isBoardAway = error?.status === 0;
  return (
    <section class="ok-line is-critical away" aria-label="Health" role="alert">
      <p class="verdict">
        <span aria-hidden="true">▲</span> {isBoardAway ? "The board is away" : "The store does not answer"}
        {away && <small> for {age(away.forMs)}</small>}
      </p>
      <p>{away?.message ?? error?.message}</p>
      {error?.hint === undefined ? null : <p>{error.hint}</p>}
      <KeyValue
        items={{
          Store: name && (
            <>
              {name} <code>{address}</code>
            </>
          ),
          Code: isBoardAway ? undefined : error && <code>{error.code}</code>,
          "What is shown below is of": at && clock(at),
        }}
      />
      <p class="quiet">
        {isBoardAway
          ? "See whether its process runs."
          : "See whether its server runs, whether its address is right, and whether it can be reached from where the board runs."}{" "}
        It is asked again every few seconds; the page goes on by itself. Jobs are safe in the store; workers
        go on once they reach it.
      </p>
    </section>
  );
}
