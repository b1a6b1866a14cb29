import { join } from "node:path";
import { SourceIndex } from "../source/source-index.js";
import { emitClient } from "./client.js";
import { indexMap, mapComment, taskMap } from "./declaration-map.js";
import type { EmitFolder } from "./emit-task.js";
import { type JsFormat, transpile } from "./transpile.js";

/** How a client is printed as JavaScript. */
export interface JsClientOptions {
  readonly format: JsFormat;
  /** Whether declarations lead to the contracts, which must then be at hand. */
  readonly maps: "contracts" | "none";
}

/** Prints a client folder as JavaScript with declarations: path → text. */
export function emitJsClient(folder: EmitFolder, options: JsClientOptions): Map<string, string> {
  const files = new Map<string, string>();
  const sources = new SourceIndex();
  const byFile = new Map(folder.tasks.map((task) => [`tasks/${task.fileName}`, task]));
  for (const [path, text] of emitClient({ ...folder, extension: ".js" })) {
    if (!path.endsWith(".ts")) {
      files.set(path, text);
      continue;
    }
    const bare = path.slice(0, -".ts".length);
    const { js, declarations } = transpile(text, options.format);
    files.set(`${bare}.js`, js);
    const task = byFile.get(bare);
    if (options.maps === "none" || (task === undefined && bare !== "index")) {
      files.set(`${bare}.d.ts`, declarations);
      continue;
    }
    const mapped = { file: join(folder.dir, `${bare}.d.ts`), text: declarations, sources };
    const map =
      task === undefined
        ? indexMap({ ...mapped, tasks: folder.tasks })
        : taskMap({ ...mapped, tasks: [task] });
    files.set(`${bare}.d.ts`, `${declarations}${mapComment(`${bare}.d.ts.map`)}`);
    files.set(`${bare}.d.ts.map`, map);
  }
  return files;
}
