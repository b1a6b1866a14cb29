/** A claim that stands behind a blocking call on its connection: the store carries it out when that call ends. */

import type { ClaimReply, ClaimRequest } from "../../core/adapter.js";
import type { StoreLink } from "../connection/store-link.js";
import type { Answer } from "../connection/wire.js";
import { commandArguments } from "../runner.js";
import { claimPlainScript } from "../scripts.generated.js";
import type { Session } from "../session.js";
import { claimBehind } from "./claim-fully.js";
import type { ClaimOutcome } from "./claim-ledger.js";
import { toClaimOutcome } from "./claim-outcome.js";
import { claimOf, type PlainClaim } from "./plain-calls.js";
import type { RawClaim } from "./raw-claim.js";
import type { BehindWait } from "./wake-wait.js";

/**
 * Sends it.
 *
 * @param answered is told what was claimed, in the moment that is known; undefined: nothing was, or the answer is lost: a claim
 * as usual follows and meets whatever was in the way
 */
export function sendStandingClaim(
  session: Session,
  request: ClaimRequest,
  { link, hurry }: BehindWait,
  answered: (reply: ClaimReply | undefined) => void,
): void {
  const by = claimOf(session, request);
  session.ledger.standingClaim(`${by.root}${by.lease}`, {
    send: (answer) => {
      if (session.plain.isPlain(by.root)) sendPlain(session, request, { by, link, answer });
      else sendFull(session, request, { link, answer });
    },
    hurry,
    ended: answered,
  });
}

interface PlainCall {
  readonly by: PlainClaim;
  readonly link: StoreLink;
  readonly answer: Answer<ClaimOutcome<ClaimReply>>;
}

/** No promise is between the socket and whoever waits: that is half of what a wake takes in this process. */
function sendPlain(session: Session, request: ClaimRequest, { by, link, answer }: PlainCall): void {
  const { root, lease, leaseMs, count } = by;
  const read = (reply: unknown) => {
    const { 0: claim } = reply as readonly [RawClaim?];
    if (claim !== undefined) return toClaimOutcome(session, request, claim);
    session.plain.noteSpecial(root);
    throw new Error("the claim was for another script");
  };
  link.ask("EVALSHA", commandArguments(claimPlainScript.sha1, root, [lease, leaseMs, count]), {
    resolve: (reply) => {
      let claimed: ReturnType<typeof read>;
      try {
        claimed = read(reply);
      } catch (error) {
        answer.reject(error);
        return;
      }
      if (claimed instanceof Promise) claimed.then(answer.resolve, answer.reject);
      else answer.resolve(claimed);
    },
    reject: answer.reject,
  });
}

function sendFull(
  session: Session,
  request: ClaimRequest,
  { link, answer }: Pick<PlainCall, "answer" | "link">,
): void {
  claimBehind(session, request, link)
    .then((claim) => toClaimOutcome(session, request, claim))
    .then(answer.resolve, answer.reject);
}
