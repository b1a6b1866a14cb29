/** Every call of the board's HTTP API. */
import type { Route } from "../http/route.js";
import { SESSION_ROUTES } from "./session.js";
import { TASK_ROUTES } from "./tasks.js";

export const ROUTES: readonly Route[] = [...SESSION_ROUTES, ...TASK_ROUTES];
