/** Every call of the board's HTTP API. */
import type { Route } from "../http/route.js";
import { BULK_ROUTES } from "./bulk.js";
import { HEALTH_ROUTES } from "./health.js";
import { JOB_ROUTES } from "./jobs.js";
import { OPERATING_ROUTES } from "./operating.js";
import { OVERVIEW_ROUTES } from "./overview.js";
import { SCHEDULE_ROUTES } from "./schedules.js";
import { SESSION_ROUTES } from "./session.js";
import { STREAM_ROUTES } from "./stream.js";
import { TASK_ROUTES } from "./tasks.js";
import { WORKFLOW_ROUTES } from "./workflows.js";

export const ROUTES: readonly Route[] = [
  ...SESSION_ROUTES,
  ...OVERVIEW_ROUTES,
  ...TASK_ROUTES,
  ...JOB_ROUTES,
  ...BULK_ROUTES,
  ...OPERATING_ROUTES,
  ...SCHEDULE_ROUTES,
  ...WORKFLOW_ROUTES,
  ...STREAM_ROUTES,
  ...HEALTH_ROUTES,
];
