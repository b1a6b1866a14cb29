/** Views of jobs that somebody kept under a name, in this browser. */
import { useState } from "preact/hooks";
import { kept } from "../core/kept.js";
import { href, place } from "../core/router.js";
import { TextField } from "../parts/field.js";

/** Names with the query of the address: the filter and the columns. */
const views = kept<Readonly<Record<string, string>>>(
  "views",
  {},
  (value) => typeof value === "object" && value !== null,
);

export function Views() {
  const [name, setName] = useState("");
  const here = String(place.value.query);
  const keep = (event: Event) => {
    event.preventDefault();
    views.value = { ...views.value, [name.trim()]: here };
    setName("");
  };
  const forget = (gone: string) => {
    const { [gone]: _, ...rest } = views.value;
    views.value = rest;
  };
  return (
    <details class="menu" key={here}>
      <summary class="button">Views</summary>
      <fieldset>
        <legend class="unseen">Views that this browser keeps</legend>
        {Object.entries(views.value).map(([each, query]) => (
          <span class="bar spread" key={each}>
            <a href={`${href("/jobs")}?${query}`}>{each}</a>
            <button type="button" class="plain" aria-label={`Forget ${each}`} onClick={() => forget(each)}>
              ×
            </button>
          </span>
        ))}
        <form onSubmit={keep}>
          <TextField label="Keep this view as" required pattern=".*\S.*" value={name} set={setName} />
          <button type="submit">Keep</button>
        </form>
      </fieldset>
    </details>
  );
}
