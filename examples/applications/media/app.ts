/** A media library: its tasks share one number of jobs at once, which is set while the process runs. */
import { createTaskora, type JobHandle, type TaskClient, type Taskora, type TaskoraOptions } from "taskora";
import * as z from "zod";

const assetInput = z.object({ id: z.string().min(1), path: z.string().min(1) });

export type Asset = z.infer<typeof assetInput>;

/** What the application does itself, with sharp and ffmpeg, say; `signal` tells it to stop. */
export interface Tools {
  readonly thumbnail: (asset: Asset, signal: AbortSignal) => Promise<void>;
  readonly transcode: (asset: Asset, signal: AbortSignal) => Promise<void>;
}

export interface Library {
  readonly taskora: Taskora;
  readonly thumbnails: TaskClient<Asset>;
  readonly transcodings: TaskClient<Asset>;
}

/** `media` is how many jobs of the library run at once in this process, whichever task they are of. */
export function openLibrary(adapter: TaskoraOptions["adapter"], tools: Tools, media: number): Library {
  const taskora = createTaskora({ adapter, logger: false, pools: { media } });
  const thumbnails = taskora.task("media.thumbnail", {
    input: assetInput,
    pool: "media",
    priority: 10, // somebody looks at the page already
    handler: (asset, { signal }) => tools.thumbnail(asset, signal),
  });
  const transcodings = taskora.task("media.transcode", {
    input: assetInput,
    pool: "media",
    timeout: "1h",
    retry: { attempts: 3, delay: "10s" },
    handler: (asset, { signal }) => tools.transcode(asset, signal),
  });
  return { taskora, thumbnails, transcodings };
}

/** An upload that is announced twice is worked on once. */
export async function upload(
  { thumbnails, transcodings }: Library,
  asset: Asset,
): Promise<readonly JobHandle[]> {
  const options = { deduplicate: asset.id };
  return await Promise.all([thumbnails.dispatch(asset, options), transcodings.dispatch(asset, options)]);
}

/** Stops whatever is being done with an asset: the library knows its own ids, and needs no others. */
export async function forget({ thumbnails, transcodings }: Library, assetId: string): Promise<void> {
  const reason = "the asset was deleted";
  await Promise.all([thumbnails, transcodings].map((task) => task.byKey(assetId).cancel({ reason })));
}
