import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { me } from "../core/me.js";
import { ZONES, zone } from "../core/moments.js";
import { href, path } from "../core/router.js";
import { railOf } from "./pages.js";

/** Whether the list of pages is open, where it has no room at the side. */
export function Rail() {
  const isOpen = useSignal(false);
  const here = path.value;
  useEffect(() => {
    isOpen.value = false;
  }, [here]);
  return (
    <nav class={isOpen.value ? "rail is-open" : "rail"} aria-label="Pages">
      <button
        type="button"
        class="rail-toggle"
        aria-expanded={isOpen.value}
        onClick={() => {
          isOpen.value = !isOpen.value;
        }}
      >
        ☰ Pages
      </button>
      <ul>
        {railOf(me.value).map((entry) => {
          const isHere = entry.path === "/" ? here === "/" : here.startsWith(entry.path);
          return (
            <li key={entry.path}>
              <a href={href(entry.path)} aria-current={isHere ? "page" : undefined}>
                {entry.name}
                <span class="hint" aria-hidden="true">
                  g {entry.key}
                </span>
              </a>
            </li>
          );
        })}
      </ul>
      <label class="zone" title="What belongs to no schedule is told by the zone of this browser, or by UTC">
        Zone of times
        <select
          value={zone.value}
          onChange={(event) => {
            zone.value = event.currentTarget.value as keyof typeof ZONES;
          }}
        >
          {Object.entries(ZONES).map(([key, words]) => (
            <option key={key} value={key}>
              {words}
            </option>
          ))}
        </select>
      </label>
    </nav>
  );
}
