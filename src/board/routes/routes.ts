/** Every call of the board's HTTP API. */
import type { Route } from "../http/route.js";
import { TASK_ROUTES } from "./tasks.js";

export const ROUTES: readonly Route[] = [...TASK_ROUTES];
