import { NotImplementedError } from "taskora";
import type { WebhookDeliverHandler } from "../tasks.gen/index.js";

export const webhookDeliver: WebhookDeliverHandler = async (_input, _ctx) => {
  throw new NotImplementedError("webhook.deliver");
};
