import { setting } from "../settings.js";
import type { WebhookDeliverHandler } from "../tasks.gen/index.js";
import { SIGNATURE_HEADER, signBody } from "../webhook-signature.js";

const GONE = 410;

/** The subscriber wants no more events; trying again would only annoy him. */
export class SubscriberGoneError extends Error {
  override readonly name = "SubscriberGoneError";
}

/** The subscriber answered with something else than 2xx. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
}

/**
 * Posts one event, signed. The delivery id is the job's, the same in every attempt, so that a subscriber can
 * recognise an event that he has already taken.
 */
export const webhookDeliver: WebhookDeliverHandler = async ({ url, event, occurredAt, headers }, ctx) => {
  const body = JSON.stringify({ id: ctx.id, occurredAt, ...event });
  const startedAt = performance.now();
  const response = await fetch(url, {
    method: "POST",
    headers: {
      ...headers,
      "content-type": "application/json",
      "x-shop-delivery": ctx.id,
      "x-shop-attempt": String(ctx.attempt),
      [SIGNATURE_HEADER]: signBody({ body, secret: setting("WEBHOOK_SECRET"), now: Date.now() }),
    },
    body,
    signal: ctx.signal,
  });
  const answer = (await response.text()).slice(0, 200);
  if (response.ok) return { status: response.status, durationMs: performance.now() - startedAt };
  const problem = `${response.status} ${answer}, says ${new URL(url).host}`;
  if (response.status === GONE) throw new SubscriberGoneError(problem);
  throw new DeliveryError(problem);
};
