import { defineTask } from "taskora/contract";
import * as z from "zod";

/** What happened in the shop; `type` says which. */
const ShopEvent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("order.paid"),
    orderId: z.string(),
    amountCents: z.int().min(0),
    currency: z.string().length(3),
  }),
  z.object({
    type: z.literal("order.shipped"),
    orderId: z.string(),
    carrier: z.string(),
    trackingUrl: z.url().optional(),
  }),
  z.object({ type: z.literal("order.cancelled"), orderId: z.string(), reason: z.string().nullable() }),
]);

/** Delivers one event to a subscriber's address, as a signed POST request. */
export const deliverWebhook = defineTask({
  name: "webhook.deliver",
  version: 1,
  input: z.object({
    url: z.url({ protocol: /^https?$/ }),
    event: ShopEvent,
    occurredAt: z.iso.datetime(),
    headers: z.record(z.string(), z.string()).default({}).describe("Sent along with the request."),
  }),
  output: z.object({
    status: z.int().describe("The HTTP status of the answer, 200 to 299."),
    durationMs: z.number().min(0),
  }),
  retry: { attempts: 8, backoff: "exponential", delay: "200ms", maxDelay: "5m", jitter: 0.2 },
  timeout: "10s",
  ttl: "1d",
});
