import { basename } from "node:path";
import { type JobHandle, ValidationError } from "taskora";
import type {
  EmailSendInput,
  EmailSendResult,
  ImageThumbnailInput,
  ImageThumbnailResult,
  TaskClients,
  WebhookDeliverInput,
  WebhookDeliverResult,
} from "./tasks.gen/index.js";

/** What the shop needs to know for its day. */
export interface ShopDay {
  /** Paths of pictures that were uploaded. */
  readonly pictures: readonly string[];
  readonly thumbnailFolder: string;
  readonly subscribers: readonly Subscriber[];
}

type ShopEvent = WebhookDeliverInput["event"];

/** Who wants to hear of what. */
export interface Subscriber {
  readonly url: string;
  readonly events: readonly ShopEvent["type"][];
}

/** How one job ended. */
export type Ending<Result> =
  | { readonly id: string; readonly subject: string; readonly result: Result }
  | { readonly id: string; readonly subject: string; readonly error: string };

/** Everything that came back, typed by the contracts. */
export interface DayReport {
  readonly thumbnails: readonly Ending<ImageThumbnailResult>[];
  readonly mails: readonly Ending<EmailSendResult>[];
  readonly deliveries: readonly Ending<WebhookDeliverResult>[];
  /** Why a payload was refused before it was stored. */
  readonly refused: readonly string[];
}

/** Dispatches everything at once, as it comes in on a busy day, and waits until every job has ended. */
export async function runShopDay(tasks: TaskClients, day: ShopDay): Promise<DayReport> {
  const reminder = await tasks.emailSend.dispatch(REMINDER, { delay: "1h" });
  const thumbnails = day.pictures.map((picture) =>
    ending(tasks.imageThumbnail.dispatch(thumbnailsOf(picture, day)), basename(picture)),
  );
  // Mail is what customers wait for.
  const mails = MAILS.map((mail) => ending(tasks.emailSend.dispatch(mail, { priority: 10 }), mail.subject));
  const deliveries = eventsFor(day.subscribers).map((event) =>
    ending(tasks.webhookDeliver.dispatch(event), `${event.event.type} → ${new URL(event.url).pathname}`),
  );
  const refused = await refusal(tasks);
  const cancelled = ending(reminder, REMINDER.subject);
  await reminder.cancel({ reason: "the order was paid" });
  return {
    thumbnails: await Promise.all(thumbnails),
    mails: await Promise.all([...mails, cancelled]),
    deliveries: await Promise.all(deliveries),
    refused: [refused],
  };
}

async function ending<Result>(job: JobHandle<Result>, subject: string): Promise<Ending<Result>> {
  const { id } = job;
  try {
    return { id, subject, result: await job.result };
  } catch (error) {
    return { id, subject, error: error instanceof Error ? error.message : String(error) };
  }
}

/** An address without an @ compiles, since it is a string; the client checks it against the contract all the same. */
async function refusal(tasks: TaskClients): Promise<string> {
  try {
    await tasks.emailSend.dispatch({ to: "grace at example.org", subject: "Hello", text: "Hi" });
    return "nothing: the payload was taken";
  } catch (error) {
    if (error instanceof ValidationError) return error.message;
    throw error;
  }
}

function thumbnailsOf(source: string, { thumbnailFolder }: ShopDay): ImageThumbnailInput {
  return {
    source,
    targetFolder: thumbnailFolder,
    sizes: [
      { name: "icon", width: 64, height: 64 },
      { name: "card", width: 320, height: 240 },
      { name: "page", width: 960, fit: "inside" },
      { name: "wide", width: 1600, height: 900 },
    ],
  };
}

const REMINDER: EmailSendInput = {
  to: "linus@example.org",
  subject: "Your basket is waiting",
  text: "Two things are still in your basket.",
};

const INVOICE = "Invoice 1001\n\n1 poster  29.00 EUR\n1 frame   45.00 EUR\n\nTotal     74.00 EUR\n";

const MAILS: readonly EmailSendInput[] = [
  {
    to: "ada@example.org",
    cc: ["books@example.org"],
    subject: "Your order 1001",
    text: "Thank you for your order. The invoice is attached.",
    attachments: [
      {
        name: "invoice-1001.txt",
        contentType: "text/plain",
        base64: Buffer.from(INVOICE).toString("base64"),
      },
    ],
  },
  {
    to: "grace@example.org",
    subject: "Ihre Bestellung wurde verschickt – schöne Grüße",
    text: "Ihr Paket ist unterwegs und kommt morgen an.",
    locale: "de",
  },
  { to: "slow@example.org", subject: "Your order 1003", text: "Thank you for your order." },
  { to: "alan@example.org", subject: "Your new password", text: "Here is the link you asked for." },
];

const EVENTS: readonly ShopEvent[] = [
  { type: "order.paid", orderId: "1001", amountCents: 7400, currency: "EUR" },
  { type: "order.shipped", orderId: "1002", carrier: "DHL", trackingUrl: "https://track.example/1002" },
  { type: "order.cancelled", orderId: "0999", reason: null },
];

function eventsFor(subscribers: readonly Subscriber[]): WebhookDeliverInput[] {
  const occurredAt = new Date().toISOString();
  return subscribers.flatMap(({ url, events }) =>
    EVENTS.filter((event) => events.includes(event.type)).map((event) => ({ url, event, occurredAt })),
  );
}
