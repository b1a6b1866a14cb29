import { emailSend } from "./handlers/email-send.js";
import { imageThumbnail } from "./handlers/image-thumbnail.js";
import { webhookDeliver } from "./handlers/webhook-deliver.js";
import type { TaskHandlers } from "./tasks.gen/index.js";

/** Every handler of this service, with the settings that are the worker's own business. */
export const handlers: TaskHandlers = {
  emailSend,
  // Resizing fills the processor, so two at once are enough; a broken file stays broken.
  imageThumbnail: {
    handler: imageThumbnail,
    concurrency: 2,
    retry: { noRetryOn: ["UnreadablePictureError"] },
  },
  webhookDeliver: { handler: webhookDeliver, retry: { noRetryOn: ["SubscriberGoneError"] } },
};
