/** The address of the page as a signal, and the ways to change it. Every view of the board has an address. */
import { computed, signal } from "@preact/signals";
import { BASE } from "./base.js";

export interface Place {
  /** Below the board, such as `/tasks/email.send`, percent-encoded as in the address. */
  readonly path: string;
  readonly query: URLSearchParams;
}

function read(): Place {
  const { pathname, search } = window.location;
  const path = pathname.startsWith(BASE) ? pathname.slice(BASE.length) : pathname;
  return { path: path.replace(/\/+$/, "") || "/", query: new URLSearchParams(search) };
}

export const place = signal<Place>(read());
export const path = computed(() => place.value.path);

/** An address for `href`: `href("/jobs", { q: "state:failed" })`. Values that are undefined or empty are left out. */
export function href(to: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const filled = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const search = new URLSearchParams(filled).toString();
  return `${BASE}${to}${search === "" ? "" : `?${search}`}`;
}

/** The address of a task, or of a job of it; names may hold any character. */
export const taskHref = (task: string): string => href(`/tasks/${encodeURIComponent(task)}`);
export const jobHref = (task: string, id: string): string =>
  href(`/jobs/${encodeURIComponent(task)}/${encodeURIComponent(id)}`);

/** Goes to an address that {@link href} made; the one before is a step back. */
export function go(address: string): void {
  window.history.pushState(null, "", address);
  arrive();
  window.scrollTo(0, 0);
}

/** Changes what is asked of the page that is open, such as a filter. It leaves no step in the history. */
export function setQuery(change: Readonly<Record<string, string | undefined>>): void {
  const query = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === "") query.delete(name);
    else query.set(name, value);
  }
  const search = query.toString();
  window.history.replaceState(null, "", `${BASE}${place.value.path}${search === "" ? "" : `?${search}`}`);
  arrive();
}

function arrive(): void {
  place.value = read();
}

/** Follows links of the board without loading the page again. */
export function followLinks(): void {
  window.addEventListener("popstate", arrive);
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || link.target !== "" || link.hasAttribute("download")) return;
    const url = new URL(link.href, window.location.href);
    const isOurs = url.origin === window.location.origin && url.pathname.startsWith(`${BASE}/`);
    if (!isOurs || url.pathname.startsWith(`${BASE}/api/`)) return;
    event.preventDefault();
    go(url.pathname + url.search);
  });
}
