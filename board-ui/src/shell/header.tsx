/** The head of the board: where it looks, whether it is live, the search, and who looks. */
import { useRef } from "preact/hooks";
import { now } from "../core/clock.js";
import { age } from "../core/format.js";
import { connection, lastHeard, useOverview } from "../core/live.js";
import { logOut, me } from "../core/me.js";
import { go, href } from "../core/router.js";
import { useKeys } from "./keys.js";
import { nextTheme, theme } from "./theme.js";
import { sayFailed } from "./toasts.js";

export function Header() {
  const { store } = me.value ?? {};
  return (
    <header class="head">
      <a class="brand" href={href("/")}>
        taskora
      </a>
      <span class="store" title={store?.address ?? ""}>
        {store?.name ?? ""}
        {store?.address === undefined ? null : <small> {store.address}</small>}
      </span>
      <LiveState />
      <Search />
      <UserMenu />
    </header>
  );
}

/** Numbers without an age are never old: what is older than that says so. */
const FRESH_MS = 3_000;

function LiveState() {
  // The page's own clock drives it, and every page hears how the store stands.
  void now.value;
  const away = useOverview()?.away;
  const silentMs = Date.now() - lastHeard.value;
  const state = connection.value;
  const isFresh = silentMs < (state === "polling" ? 8_000 : FRESH_MS + 1_000);
  const kind = away === undefined && isFresh && state !== "away" ? state : "away";
  const old = away === undefined ? `last heard ${age(silentMs)} ago` : `store away ${age(away.forMs)}`;
  const text = { live: "live", polling: "every 5 s,", connecting: "connecting", away: "away" }[kind];
  return (
    <span class={`live is-${kind}`} title="How the numbers of this page come, and how old they are">
      <span class="dot" aria-hidden="true" />
      {kind === "away" ? old : text}
      {kind === "live" || kind === "polling" ? <small> {age(Math.max(1_000, silentMs))}</small> : null}
    </span>
  );
}

function Search() {
  const field = useRef<HTMLInputElement>(null);
  const focus = () => field.current?.focus();
  useKeys([{ keys: "mod k", does: "Search jobs", run: focus }]);
  const submit = (event: Event) => {
    event.preventDefault();
    const q = field.current?.value.trim() ?? "";
    if (q !== "") go(href("/jobs", { q }));
  };
  return (
    <search class="search">
      <form onSubmit={submit}>
        <input
          ref={field}
          type="search"
          name="q"
          autocomplete="off"
          spellcheck={false}
          placeholder="Job id, error text, or state:failed …"
          aria-label="Search jobs"
        />
        <span class="hint" aria-hidden="true">
          Ctrl K
        </span>
      </form>
    </search>
  );
}

function UserMenu() {
  const user = me.value;
  return (
    <div class="user">
      {user && (
        <span>
          {user.user} <small>{user.role}</small>
        </span>
      )}
      <button
        type="button"
        class="plain"
        onClick={nextTheme}
        title={`Colours: ${theme.value}`}
        aria-label={`Colours: ${theme.value}. Change them`}
      >
        {{ system: "◐", light: "☀", dark: "☾" }[theme.value]}
      </button>
      {user?.canLogOut === true ? (
        <button type="button" class="plain" onClick={() => void logOut().catch(sayFailed)}>
          Log out
        </button>
      ) : null}
    </div>
  );
}
