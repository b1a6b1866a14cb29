/** The one look: whether all is well, and what is not. */
import type { Note, Overview } from "../../../src/board/api.js";
import { now } from "../core/clock.js";
import { age, plural } from "../core/format.js";
import { taskHref } from "../core/router.js";

export function OkLine({ overview }: { readonly overview: Overview }) {
  const { notes, okSince } = overview;
  if (notes.length === 0)
    return (
      <section class="ok-line is-good" aria-label="Health">
        <p class="verdict">
          <span aria-hidden="true">✔</span> OK
          {okSince && <small> since {age(now.value - okSince)}, as this board saw it</small>}
        </p>
      </section>
    );
  const isCritical = notes.some(({ severity }) => severity === "critical");
  return (
    <section class={`ok-line ${isCritical ? "is-critical" : "is-warning"}`} aria-label="Health">
      <p class="verdict">
        <span aria-hidden="true">▲</span> {plural(notes.length, "note")}
      </p>
      <ul>
        {notes.slice(0, MOST_NOTES).map((note) => (
          <NoteLine key={`${note.check} ${note.task ?? ""} ${note.advice}`} note={note} />
        ))}
      </ul>
      {notes.length > MOST_NOTES ? <p class="quiet">and {notes.length - MOST_NOTES} more</p> : null}
    </section>
  );
}

const MOST_NOTES = 8;

function NoteLine({ note }: { readonly note: Note }) {
  const { severity, task, what, why, advice } = note;
  return (
    <li class={`is-${severity}`}>
      <details>
        <summary>
          <span class={`tag ${severity}`}>{severity}</span> {what}
        </summary>
        <p>{why}</p>
        <p>
          {advice}{" "}
          {task && (
            <a href={taskHref(task)} aria-label={`Open the task ${task}`}>
              Open {task}
            </a>
          )}
        </p>
      </details>
    </li>
  );
}
