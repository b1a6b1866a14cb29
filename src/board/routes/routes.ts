/** Every call of the board's HTTP API. */
import { VERSION } from "../../app/version.js";
import { json } from "../http/answer.js";
import { openApiOf } from "../http/openapi.js";
import { type Route, route } from "../http/route.js";
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

const OPENAPI = route({
  ...{ method: "GET", path: "/openapi.json", role: "viewer", query: {} },
  summary: "This document.",
  // No data is in it, and descriptions of data are no data to be hidden.
  handle: ({ board }) => json(openApiOf(ROUTES, { version: VERSION, url: `${board.settings.base}/api/v1` })),
});

export const ROUTES: readonly Route[] = [
  OPENAPI,
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
