import { mkdir, rename } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import sharp from "sharp";
import type { ImageThumbnailHandler, ImageThumbnailPayload } from "../tasks.gen/index.js";

type Size = ImageThumbnailPayload["sizes"][number];

/** The file is no picture, or only half of one; trying again cannot help. */
export class UnreadablePictureError extends Error {
  override readonly name = "UnreadablePictureError";

  constructor(source: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`no readable picture: ${why}. Upload ${basename(source)} again.`, { cause });
  }
}

/** Makes one thumbnail after the other and reports progress as a number from 0 to 1. */
export const imageThumbnail: ImageThumbnailHandler = async (job, ctx) => {
  const original = await readOriginal(job.source);
  await mkdir(job.targetFolder, { recursive: true });
  const thumbnails = [];
  for (const size of job.sizes) {
    ctx.signal.throwIfAborted();
    thumbnails.push(await makeThumbnail(job, size));
    ctx.progress(thumbnails.length / job.sizes.length);
  }
  return { original, thumbnails };
};

async function readOriginal(source: string) {
  try {
    const { width, height, format, compression } = await sharp(source).metadata();
    // AVIF is AV1 in a HEIF container.
    return { width, height, format: compression === "av1" ? "avif" : format };
  } catch (error) {
    throw new UnreadablePictureError(source, error);
  }
}

/** Written beside its place and then moved there, so that a worker killed half-way leaves no broken thumbnail. */
async function makeThumbnail(job: ImageThumbnailPayload, size: Size) {
  const stem = basename(job.source, extname(job.source));
  const path = join(job.targetFolder, `${stem}-${size.name}.${job.format}`);
  const unfinished = `${path}.part`;
  const { width, height, size: bytes } = await resize(job, size, unfinished);
  await rename(unfinished, path);
  return { name: size.name, path, width, height, bytes };
}

async function resize(job: ImageThumbnailPayload, size: Size, target: string) {
  try {
    return await sharp(job.source)
      .autoOrient()
      .resize({
        width: size.width,
        ...(size.height === undefined ? {} : { height: size.height }),
        fit: size.fit,
      })
      .toFormat(job.format, { quality: job.quality })
      .toFile(target);
  } catch (error) {
    throw new UnreadablePictureError(job.source, error);
  }
}
