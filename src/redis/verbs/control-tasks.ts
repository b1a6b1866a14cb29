/** Operations on whole tasks: pause, resume, drain. */
import { type ControlReply, type ControlRequest, MAX_DRAINED } from "../../core/adapter.js";
import type { LimitOverride } from "../../core/limits/limit.js";
import { STATE_LETTERS } from "../codec/record-layout.js";
import { drainScript, overrideScript, pauseScript } from "../scripts.generated.js";
import { clampInteger, mostKept, type Session } from "../session.js";
import { takeTold } from "./workflow-courier.js";

/** Ending a job takes up to 23 µs, a step twice that. */
const DRAINED_PER_CALL = 60;
/** What a drain says before it drains: jobs whose TTL is past end by that first. */
const STILL_EXPIRING = 2;

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
      session.surveyor.makeKnown(request.task);
      return { changed: await session.runner.run(pauseScript, root, [1]), more: false };
    case "resume":
      return { changed: await session.runner.run(pauseScript, root, [0]), more: false };
    case "limits":
      session.surveyor.makeKnown(request.task);
      return {
        changed: await session.runner.run(overrideScript, root, [overrideText(request.override)]),
        more: false,
      };
    case "drain":
      return drainTask(session, request);
  }
}

/** As `lib/gates.lua` reads it. */
function overrideText({ max, rate }: LimitOverride): string {
  if (max === undefined && rate === undefined) return "";
  return JSON.stringify({ max, rate: rate && { limit: rate.limit, windowMs: rate.windowMs } });
}

type DrainRequest = Extract<ControlRequest, { readonly control: "drain" }>;

async function drainTask(session: Session, request: DrainRequest): Promise<ControlReply> {
  const limit = clampInteger(request.limit, 1, MAX_DRAINED);
  for (let changed = 0; ; ) {
    const [count, more, putOut] = await session.runner.run(drainScript, session.keys.root(request.task), [
      mostKept(request.retention, "cancelled"),
      Math.min(limit - changed, DRAINED_PER_CALL),
      request.reason,
      request.states.map((state) => STATE_LETTERS[state]).join(""),
    ]);
    takeTold(session.courier, request.task, putOut);
    changed += count;
    if (more === STILL_EXPIRING) continue;
    if (more === 0 || count === 0 || changed >= limit) return { changed, more: more === 1 };
  }
}
