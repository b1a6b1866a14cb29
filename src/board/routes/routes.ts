/** Every call of the board's HTTP API. */
import type { Route } from "../http/route.js";
import { HEALTH_ROUTES } from "./health.js";
import { OVERVIEW_ROUTES } from "./overview.js";
import { SESSION_ROUTES } from "./session.js";
import { STREAM_ROUTES } from "./stream.js";
import { TASK_ROUTES } from "./tasks.js";

export const ROUTES: readonly Route[] = [
  ...SESSION_ROUTES,
  ...OVERVIEW_ROUTES,
  ...TASK_ROUTES,
  ...STREAM_ROUTES,
  ...HEALTH_ROUTES,
];
