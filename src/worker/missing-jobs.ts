import type { Adapter } from "../core/adapter.js";
import type { Lane } from "./lane.js";

/** Who says what happened. */
interface Warner {
  warn(
    message: string,
    about: { readonly task: string; readonly jobId: string; readonly code: "JOB_GONE" },
  ): void;
}

/** Jobs that a lane holds and that are stored no more: their handlers are told, and nothing of them is settled. */
export async function dropMissing(lane: Lane, adapter: Adapter, warner: Warner): Promise<void> {
  const { name: task } = lane.task;
  const ids = lane.heldClaims().map(({ id }) => id);
  if (ids.length === 0) return;
  const found = await adapter.read(ids.map((id) => ({ task, id })));
  const missing = ids.filter((_, index) => found[index] === undefined);
  const [jobId] = missing;
  if (jobId === undefined) return;
  lane.dropMissing(new Set(missing));
  const others = missing.length === 1 ? "" : ` and ${missing.length - 1} others`;
  warner.warn(
    `Job ${jobId} (${task})${others} were being worked on and are not stored any more, so nothing of them can be settled. ` +
      "Their handlers see JobNotFoundError on ctx.signal.",
    { task, jobId, code: "JOB_GONE" },
  );
}
