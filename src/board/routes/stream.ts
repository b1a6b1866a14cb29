import { AsyncResource } from "node:async_hooks";
import type { JobRef } from "../../core/job.js";
import { Rights } from "../access/rights.js";
import { BoardFailure } from "../http/answer.js";
import { words } from "../http/fields.js";
import { type BoardRequest, type Route, route } from "../http/route.js";
import { type AskedTopic, MOST_STREAMS, MOST_STREAMS_OF_SESSION } from "../live/hub.js";
import { hubOf, watcherOf } from "../live/of-board.js";

/** Topics of one stream. */
const MOST_TOPICS = 20;

/** What changes by itself, as server-sent events. */
export const STREAM_ROUTES: readonly Route[] = [
  route({
    ...{ method: "GET", path: "/stream", role: "viewer" },
    summary:
      "Server-sent events: snapshot {topic, value}, delta {topic, patch} (JSON Merge Patch), gap {topic}, bye. Topics are home, " +
      "task:<task>, job:<task>/<id> and op:<id>, commas between, names percent-encoded. Home is what /overview answers, its tasks by name.",
    query: { topics: words("What to tell of. Default: home.") },
    handle: (request) => {
      const topics = topicsOf(request.asked.topics ?? "home", request);
      const { signal, raw } = request;
      const lastId = raw.headers.get("last-event-id") ?? undefined;
      const isStill = AsyncResource.bind(() => maySeeStill(request, topics));
      const how = { lastId, signal, request: raw, isStill };
      const body = hubOf(request.board).open(watcherOf(request), topics, how);
      if (typeof body === "string") throw tooMany(body);
      return new Response(body, { headers: HEADERS });
    },
  }),
];

/** A stream outlives neither the session that opened it nor a right that it was opened by. */
async function maySeeStill(
  { board, user, raw, address, knownBy }: BoardRequest,
  topics: readonly StreamTopic[],
): Promise<boolean> {
  const rights = new Rights(user, board.settings.permissions);
  const isAllowed = topics.every(({ task }) =>
    task === undefined ? rights.may("read", task) : rights.sees(task),
  );
  return (
    isAllowed && (await board.access.isStill({ request: raw, peer: { address } }, { user, by: knownBy }))
  );
}

/** A topic with the task that it tells of. */
interface StreamTopic extends AskedTopic {
  readonly task?: string;
}

/** Proxies that gather answers would hold events back. */
const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

function tooMany(of: "session" | "all"): BoardFailure {
  const whose =
    of === "session" ? `${MOST_STREAMS_OF_SESSION} of this session` : `${MOST_STREAMS} of all sessions`;
  return new BoardFailure(429, "BOARD_TOO_MANY", {
    message: `No more streams are opened: ${whose} are open.`,
    hint: "Close pages of the board, or ask GET /overview now and then.",
  });
}

function topicsOf(text: string, request: BoardRequest): readonly StreamTopic[] {
  const names = [...new Set(text.split(",").filter((name) => name !== ""))];
  if (names.length > MOST_TOPICS || names.length === 0)
    throw unknown(`expected 1 to ${MOST_TOPICS} topics, got ${names.length}`);
  return names.map((name) => topicOf(name, request));
}

/** @throws {BoardFailure} when there is no such topic, or its task is not for whoever asks */
function topicOf(name: string, { app, board, rights }: BoardRequest): StreamTopic {
  if (name === "home") return { name, source: undefined };
  const [, operation] = /^op:(\d+)$/.exec(name) ?? [];
  if (operation !== undefined) {
    const read = async () =>
      board.redactor.redact(board.operations.get(operation, (task) => rights.sees(task)));
    return { name, source: { read } };
  }
  const [, kind, rest = ""] = /^(task|job):(.+)$/.exec(name) ?? [];
  const parts = rest.split("/").map(decoded);
  const [task = "", id] = parts;
  if (kind === undefined || task === "" || parts.length !== (kind === "job" ? 2 : 1))
    throw unknown(`got ${name}`);
  rights.requireAction("read", task);
  if (kind === "task") return { name, task, source: { read: () => app.tasks.get(task) } };
  const ref: JobRef = { task, id: id ?? "" };
  return { name, task, source: { read: async () => board.redactor.redact(await app.jobs.get(ref)) } };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

function unknown(what: string): BoardFailure {
  return new BoardFailure(400, "BOARD_REQUEST_INVALID", {
    message: `topics: ${what.slice(0, 200)}.`,
    hint: "Topics are home, task:<task>, job:<task>/<id> and op:<id>.",
  });
}
