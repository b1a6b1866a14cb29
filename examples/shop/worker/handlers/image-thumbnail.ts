import { NotImplementedError } from "taskora";
import type { ImageThumbnailHandler } from "../tasks.gen/index.js";

export const imageThumbnail: ImageThumbnailHandler = async (_input, _ctx) => {
  throw new NotImplementedError("image.thumbnail");
};
