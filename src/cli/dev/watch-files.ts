/** Calls back once after files of a project were changed, however many at once. */
import { watch } from "node:fs";
import { sep } from "node:path";

const SETTLED_MS = 200;
const SOURCE = /\.([cm]?[jt]sx?|json)$/;
const FOREIGN = /^(node_modules|dist|build|coverage|\..*)$/;

/** Whether a change of a file, by its path below the project, may change what the worker does. */
export function isSource(path: string): boolean {
  const parts = path.split(sep);
  return (
    SOURCE.test(path) &&
    !parts.slice(0, -1).some((part) => FOREIGN.test(part)) &&
    !parts.at(-1)?.startsWith(".")
  );
}

/** Watches until it is closed. */
export function watchFiles(root: string, onChange: (path: string) => void): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(root, { recursive: true }, (_event, path) => {
    if (path === null || !isSource(path)) return;
    clearInterval(timer);
    timer = setInterval(() => {
      clearInterval(timer);
      onChange(path);
    }, SETTLED_MS);
  });
  return {
    close() {
      clearInterval(timer);
      watcher.close();
    },
  };
}
