import type { Route } from "../http/route.js";

/** The tasks of the store. */
export const TASK_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/tasks/:task",
    role: "viewer",
    summary: "One task as it stands.",
    handle: ({ app, params }) => app.tasks.get(params.task ?? ""),
  },
];
