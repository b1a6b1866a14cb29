/** Imports of many tenants on one set of workers: fair turns, two at a time for each, and no tenant starves another. */
import { createTaskora, type TaskClient, type Taskora, type TaskoraOptions } from "taskora";
import * as z from "zod";

export const importInput = z.object({ tenant: z.string().min(1), file: z.string().min(1) });
const importOutput = z.object({ rows: z.number() });

/** What runs in every process of the application. */
export interface Saas {
  readonly taskora: Taskora;
  readonly imports: TaskClient<z.input<typeof importInput>, z.output<typeof importOutput>>;
}

/** `readRows` is the application's own work. */
export function openSaas(
  adapter: TaskoraOptions["adapter"],
  readRows: (tenant: string, file: string) => Promise<number>,
): Saas {
  const taskora = createTaskora({ adapter, logger: false });
  const imports = taskora.task("import.run", {
    input: importInput,
    output: importOutput,
    globalConcurrency: { limit: 2, by: "tenant" },
    retry: { attempts: 3, delay: "50ms" },
    // What runs by itself waits in a list of its own, so that it delays nobody who looks on.
    lanes: [{ name: "nightly", concurrency: 1 }],
    handler: async ({ tenant, file }, ctx) => {
      if (!file.endsWith(".csv")) ctx.fail(`${file} is no table`);
      return { rows: await readRows(tenant, file) };
    },
  });
  return { taskora, imports };
}
