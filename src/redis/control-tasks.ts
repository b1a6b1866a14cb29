/** Operations on whole tasks: pause, resume, drain. */
import { type ControlReply, type ControlRequest, MAX_DRAINED } from "../core/adapter.js";
import { STATE_LETTERS } from "./record-layout.js";
import { drainScript, pauseScript } from "./scripts.generated.js";
import { clampInteger, keptCount, type Session } from "./session.js";

/** As `Adapter.control`. */
export function controlTasks(
  session: Session,
  requests: readonly ControlRequest[],
): Promise<readonly ControlReply[]> {
  const calls = session.runner.link.inOneWrite(() => requests.map((request) => controlOne(session, request)));
  return Promise.all(calls);
}

async function controlOne(session: Session, request: ControlRequest): Promise<ControlReply> {
  const root = session.keys.root(request.task);
  switch (request.control) {
    case "pause":
      return { changed: await session.runner.run(pauseScript, root, [1]), more: false };
    case "resume":
      return { changed: await session.runner.run(pauseScript, root, [0]), more: false };
    case "drain": {
      const [changed, more] = await session.runner.run(drainScript, root, [
        keptCount(request.retention, "cancelled"),
        clampInteger(request.limit, 1, MAX_DRAINED),
        request.reason,
        request.states.map((state) => STATE_LETTERS[state]).join(""),
      ]);
      return { changed, more: more === 1 };
    }
  }
}
