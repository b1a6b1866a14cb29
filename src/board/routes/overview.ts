import { length, moment } from "../http/fields.js";
import { type Route, route } from "../http/route.js";
import { hubOf, watcherOf } from "../live/of-board.js";
import { examineOnce } from "../observe/examine.js";
import { readTaskSeries } from "../observe/series.js";

/** How the store stands, at a glance and over some time. */
export const OVERVIEW_ROUTES: readonly Route[] = [
  route({
    ...{ method: "GET", path: "/overview", role: "viewer", query: {}, answers: "Overview" },
    summary: "How the store stands: tasks, workers, sums and what is wrong, about a second old.",
    handle: (request) => hubOf(request.board).overview(watcherOf(request)),
  }),
  route({
    ...{ method: "GET", path: "/tasks/:task/series", role: "viewer", answers: "TaskSeries" },
    summary: "How the runs of a task went in each step of some time: 1 500 steps at most.",
    query: {
      from: moment("Where it begins. Default: an hour ago. What is older than three days is not kept."),
      to: moment("Where it ends. Default: now."),
      step: length(
        "Length of a step: whole minutes, or a multiple of 10m where from is older than three hours.",
      ),
    },
    handle: ({ app, params, asked }) => readTaskSeries(app, params.task ?? "", asked as never),
  }),
  route({
    ...{ method: "GET", path: "/doctor", role: "viewer", query: {}, answers: "Examination" },
    summary: "Looks thoroughly at the store, as taskora doctor does: some calls for each task.",
    async handle({ app, rights }) {
      const { health: _health, notes, ...looked } = await examineOnce(app);
      return { ...looked, notes: notes.filter(({ task }) => task === undefined || rights.sees(task)) };
    },
  }),
];
