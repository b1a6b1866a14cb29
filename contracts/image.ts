import { defineTask } from "taskora/contract";
import * as z from "zod";

/** A width or height in pixels. */
const Pixels = z.int().min(1).max(4096);

/** Makes thumbnails of one picture, each in its own size. */
export const makeThumbnails = defineTask({
  name: "image.thumbnail",
  version: 1,
  input: z.object({
    source: z.string().min(1).describe("Path of the picture: JPEG, PNG, WebP, AVIF or GIF."),
    targetFolder: z.string().min(1).describe("Where the thumbnails are written; made when missing."),
    sizes: z
      .array(
        z.object({
          name: z.string().regex(/^[a-z0-9-]{1,40}$/, "expected lower-case letters, digits and dashes"),
          width: Pixels,
          height: Pixels.optional().describe("Left out: follows from the width."),
          fit: z.enum(["cover", "contain", "inside"]).default("cover"),
        }),
      )
      .min(1)
      .max(12),
    format: z.enum(["jpeg", "webp", "avif", "png"]).default("webp"),
    quality: z.int().min(1).max(100).default(80),
  }),
  output: z.object({
    original: z.object({ width: z.int(), height: z.int(), format: z.string() }),
    thumbnails: z.array(
      z.object({ name: z.string(), path: z.string(), width: z.int(), height: z.int(), bytes: z.int() }),
    ),
  }),
  retry: { attempts: 3, backoff: "fixed", delay: "1s" },
  timeout: "1m",
});
