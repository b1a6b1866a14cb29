/**
 * Claims by the script that knows all rules. What the clock has brought is brought about by another, `due`, which goes before
 * where something is due. Where nothing seems to be it stays away; a claim that meets something due does nothing and says so,
 * whoever has stored that, and is made again behind `due`.
 */

import type { ClaimRequest } from "../../core/adapter.js";
import type { StoreLink } from "../connection/store-link.js";
import { commandArguments } from "../runner.js";
import type { Script } from "../script.js";
import { claimApartScript, claimScript, dueScript } from "../scripts.generated.js";
import type { Session } from "../session.js";
import type { RawDue } from "./due-times.js";
import { claimOf } from "./plain-calls.js";
import type { RawClaim } from "./raw-claim.js";
import { takeTold } from "./workflow-courier.js";

type ReplyOf<S> = S extends Script<infer _Args, infer Reply> ? Reply : never;

/**
 * One claim, sent at once; errors as they come.
 *
 * @param seen fence to recover from, -1: none
 */
export async function claimFully(session: Session, request: ClaimRequest, seen: number): Promise<RawClaim> {
  const { root } = claimOf(session, request);
  const isSimple = seen < 0 && request.apart !== true;
  if (isSimple && !session.due.goesBefore(root)) {
    const [claim] = await session.runner.once(claimScript, root, argumentsOf(session, request));
    if (claim !== undefined) return noted(session, root, claim);
    session.due.noteMissed(root);
  }
  return claimAfterDue(session, request, seen);
}

/** As {@link claimFully}, sent behind what blocks on `link`. */
export async function claimBehind(
  session: Session,
  request: ClaimRequest,
  link: StoreLink,
): Promise<RawClaim> {
  const { runner, due } = session;
  const { root, lease, count } = claimOf(session, request);
  const isBehindDue = due.goesBefore(root);
  if (isBehindDue) {
    runner.sendBefore(link, dueScript, root, [lease, count, request.version ?? 1]).then(
      (brought) => takeDue(session, request, brought),
      () => undefined,
    );
  }
  const args = argumentsOf(session, isBehindDue ? { ...request, version: BEHIND_DUE } : request);
  const reply = await link.send("EVALSHA", commandArguments(claimScript.sha1, root, args));
  const [claim] = reply as ReplyOf<typeof claimScript>;
  if (claim !== undefined) return noted(session, root, claim);
  due.noteMissed(root);
  return claimAfterDue(session, request, -1);
}

/** In place of a version. */
const BEHIND_DUE = 0;

async function claimAfterDue(session: Session, request: ClaimRequest, seen: number): Promise<RawClaim> {
  const { runner } = session;
  const { root, lease, leaseMs, count } = claimOf(session, request);
  const [brought, claim] = await Promise.all(
    runner.link.inOneWrite(() => [
      runner.onceBefore(dueScript, root, [lease, count, request.version ?? 1]),
      request.apart === true
        ? runner.once(claimApartScript, root, [lease, leaseMs, count, seen])
        : runner
            .once(claimScript, root, argumentsOf(session, { ...request, version: BEHIND_DUE }, seen))
            .then(([raw]) => raw),
    ]),
  );
  takeDue(session, request, brought);
  if (claim === undefined) throw new Error("a claim behind due was handed back");
  return noted(session, root, claim);
}

function argumentsOf(session: Session, request: ClaimRequest, seen = -1) {
  const { lease, leaseMs, count } = claimOf(session, request);
  return [lease, leaseMs, count, seen, request.version ?? 1] as const;
}

function noted({ due }: Session, root: string, claim: RawClaim): RawClaim {
  due.noteClaim(root, claim);
  return claim;
}

function takeDue(session: Session, { task }: ClaimRequest, brought: RawDue): void {
  const [, , , putOut, reminders] = brought;
  session.due.noteDue(session.keys.root(task), brought);
  takeTold(session.courier, task, putOut, reminders);
}
