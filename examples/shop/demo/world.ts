import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Closers } from "./closers.js";
import { type MailServer, startMailServer } from "./mail-server.js";
import { makePictures, type Picture } from "./pictures.js";
import { startWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.js";

/** What stands around the shop: its customers' mail server, its subscribers, its files. */
export interface World {
  readonly mail: MailServer;
  readonly receiver: WebhookReceiver;
  readonly pictures: readonly Picture[];
  readonly thumbnailFolder: string;
  readonly webhookSecret: string;
}

/** Who is told while the world is made. */
export interface WorldOptions {
  readonly closers: Closers;
  /** A picture is begun. */
  readonly painting: (file: string, position: string) => void;
}

/** Starts the servers, paints the pictures, and tells the services by their environment where things are. */
export async function openWorld(folder: string, { closers, painting }: WorldOptions): Promise<World> {
  const webhookSecret = randomBytes(24).toString("hex");
  const mail = await startMailServer();
  closers.add(() => mail.close());
  const receiver = await startWebhookReceiver(webhookSecret);
  closers.add(() => receiver.close());
  process.env.SMTP_URL = mail.url;
  process.env.WEBHOOK_SECRET = webhookSecret;
  const root = resolve(folder);
  const thumbnailFolder = join(root, "thumbnails");
  await rm(thumbnailFolder, { recursive: true, force: true });
  await mkdir(thumbnailFolder, { recursive: true });
  return {
    mail,
    receiver,
    pictures: await makePictures(join(root, "pictures"), painting),
    thumbnailFolder,
    webhookSecret,
  };
}

/** Paths of all thumbnails on disk, sorted. */
export async function listThumbnails({ thumbnailFolder }: World): Promise<readonly string[]> {
  const names = await readdir(thumbnailFolder);
  return names.sort().map((name) => join(thumbnailFolder, name));
}
