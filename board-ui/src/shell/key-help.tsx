import { useSignal } from "@preact/signals";
import { me } from "../core/me.js";
import { go, href } from "../core/router.js";
import { Dialog } from "../parts/dialog.js";
import { keysNow, useKeys } from "./keys.js";
import { railOf } from "./pages.js";
import { nextTheme } from "./theme.js";

/** Keys that are there on every page, and the list of all. */
export function GlobalKeys() {
  const isOpen = useSignal(false);
  useKeys([
    {
      keys: "?",
      does: "This list",
      run: () => {
        isOpen.value = true;
      },
    },
    { keys: "/", does: "Filter what is shown", run: focusFilter },
    { keys: "g d", does: "Light, dark, or as the system has it", run: nextTheme },
    ...railOf(me.value).map(({ key, name, path }) => ({
      keys: `g ${key}`,
      does: name,
      run: () => go(href(path)),
    })),
  ]);
  if (!isOpen.value) return null;
  return (
    <Dialog
      title="Keys"
      onClose={() => {
        isOpen.value = false;
      }}
    >
      <dl class="keys">
        {keysNow().map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key === "mod" ? "Ctrl" : key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet">Capital letters are for what cannot be undone.</p>
      <form method="dialog" class="dialog-foot">
        <button type="submit">Close</button>
      </form>
    </Dialog>
  );
}

/** The page's own filter, or the search of the head. */
function focusFilter(): boolean {
  const field =
    document.querySelector<HTMLElement>("main [data-filter]") ??
    document.querySelector<HTMLElement>(".search input");
  field?.focus();
  return field !== null;
}
