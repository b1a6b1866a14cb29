/** Who asks, and logging in and out. */
import { internalsOf } from "../../app/app-internals.js";
import { VERSION } from "../../app/version.js";
import type { Me } from "../api.js";
import { json } from "../http/answer.js";
import { must, words } from "../http/fields.js";
import { type Route, route } from "../http/route.js";

/** Logging in and out. */
export const SESSION_ROUTES: readonly Route[] = [
  route({
    ...{ method: "GET", path: "/me", role: "viewer" },
    summary: "Who asks, what they may do, and what the store can do.",
    query: {},
    answers: "Me",
    handle({ app, board, user, knownBy }): Me {
      const { adapter } = internalsOf(app).observed;
      const { name, address } = app.store;
      const { traceUrl } = board.settings;
      return {
        ...{ user: user.name, role: user.role, version: VERSION },
        ...(user.tasks === undefined ? {} : { tasks: user.tasks }),
        features: {
          observe: adapter.observe !== undefined,
          schedules: adapter.schedules !== undefined,
          workflows: adapter.workflows !== undefined,
        },
        store: { name, ...(address === undefined ? {} : { address }) },
        canLogOut: knownBy === "session",
        ...(traceUrl === undefined ? {} : { traceUrl }),
      };
    },
  }),
  route({
    ...{ method: "POST", path: "/session", role: "open" },
    summary: "Logs in: the answer sets the cookie of a session.",
    query: {},
    body: {
      user: words("The name; left out where the board has one password for all.", 200),
      password: must(words("The password.", 1024)),
    },
    answers: "Done",
    async handle({ board, body, raw, address }) {
      const cookie = await board.access.login({ request: raw, peer: { address } }, body);
      return json({ done: true }, 200, { "set-cookie": cookie });
    },
  }),
  route({
    ...{ method: "DELETE", path: "/session", role: "open" },
    summary: "Logs out: the session ends, and its cookie is taken away.",
    query: {},
    answers: "Done",
    handle: ({ board, raw }) => json({ done: true }, 200, { "set-cookie": board.access.logout(raw) }),
  }),
];
