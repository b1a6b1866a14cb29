/** What is in the rail, and by which keys it is reached. */
import type { Me } from "../../../src/board/api.js";

export interface RailEntry {
  readonly path: string;
  readonly name: string;
  /** After `g`. */
  readonly key: string;
  /** Shown only where the store can do it. */
  readonly feature?: keyof Me["features"];
  readonly role?: "admin";
}

export const RAIL: readonly RailEntry[] = [
  { path: "/", name: "Home", key: "h" },
  { path: "/tasks", name: "Tasks", key: "t" },
  { path: "/jobs", name: "Jobs", key: "j" },
  { path: "/errors", name: "Errors", key: "e", feature: "observe" },
  { path: "/workers", name: "Workers", key: "w", feature: "observe" },
  { path: "/schedules", name: "Schedules", key: "s", feature: "schedules" },
  { path: "/workflows", name: "Workflows", key: "f", feature: "workflows" },
  { path: "/contracts", name: "Contracts", key: "c", feature: "observe" },
  { path: "/store", name: "Store", key: "r" },
  { path: "/audit", name: "Audit", key: "a", role: "admin" },
];

export function railOf(me: Me | undefined): readonly RailEntry[] {
  return RAIL.filter(({ feature, role }) => {
    if (me === undefined) return role === undefined;
    return (feature === undefined || me.features[feature]) && (role === undefined || me.role === role);
  });
}
