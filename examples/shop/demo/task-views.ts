import { basename } from "node:path";
import { sendEmail } from "../../../contracts/email.js";
import { makeThumbnails } from "../../../contracts/image.js";
import { deliverWebhook } from "../../../contracts/webhook.js";
import type {
  EmailSendPayload,
  EmailSendResult,
  ImageThumbnailPayload,
  ImageThumbnailResult,
  WebhookDeliverPayload,
  WebhookDeliverResult,
} from "../producer/tasks.gen/index.js";
import type { TaskView } from "./job-board.js";

/** How the three tasks are shown. Values come from the store, where only what fits the contract gets in. */
export const TASK_VIEWS: readonly TaskView[] = [
  {
    task: makeThumbnails.name,
    maxAttempts: makeThumbnails.retry?.attempts ?? 1,
    subject: (payload) => basename((payload as ImageThumbnailPayload).source),
    summary: (result) => describeThumbnails(result as ImageThumbnailResult),
  },
  {
    task: sendEmail.name,
    maxAttempts: sendEmail.retry?.attempts ?? 1,
    subject: (payload) => {
      const { to, subject } = payload as EmailSendPayload;
      return `${to.split("@")[0]}: ${subject}`;
    },
    summary: (result) => `taken for ${(result as EmailSendResult).accepted.length}`,
  },
  {
    task: deliverWebhook.name,
    maxAttempts: deliverWebhook.retry?.attempts ?? 1,
    subject: (payload) => {
      const { event, url } = payload as WebhookDeliverPayload;
      return `${event.type} → ${new URL(url).pathname}`;
    },
    summary: (result) => {
      const { status, durationMs } = result as WebhookDeliverResult;
      return `${status} in ${Math.ceil(durationMs)} ms`;
    },
  },
];

function describeThumbnails({ original: { width, height }, thumbnails }: ImageThumbnailResult): string {
  const bytes = thumbnails.reduce((sum, thumbnail) => sum + thumbnail.bytes, 0);
  const megapixels = ((width * height) / 1e6).toFixed(1);
  return `${megapixels} MP → ${thumbnails.length} files, ${Math.ceil(bytes / 1000)} kB`;
}
