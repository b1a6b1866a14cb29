/** The tasks of a text editor: one answers while its user waits, the other works on a document paragraph by paragraph. */
import { createTaskora, type TaskClient, type Taskora, type TaskoraOptions } from "taskora";
import * as z from "zod";

/** What the application does itself; a language model, say. */
export interface Tools {
  readonly misspelt: (text: string) => Promise<string[]>;
  /** Says the words as they come, and gives the whole in the end. */
  readonly suggest: (text: string, signal: AbortSignal, say: (words: string) => void) => Promise<string>;
}

export interface Editor {
  readonly taskora: Taskora;
  readonly spelling: TaskClient<string, string[]>;
  readonly reviews: TaskClient<string, string, { readonly words: string }>;
}

export function openEditor(adapter: TaskoraOptions["adapter"], tools: Tools): Editor {
  const taskora = createTaskora({ adapter, logger: false });
  const spelling = taskora.task("text.spell", {
    input: z.string(),
    output: z.array(z.string()),
    priority: 10,
    ttl: "5s", // nobody looks at the answer any more
    onExpire: "discard",
    handler: (text) => tools.misspelt(text),
  });
  const reviews = taskora.task("text.review", {
    input: z.string().max(10_000),
    output: z.string(),
    emits: z.object({ words: z.string() }),
    concurrency: 3,
    timeout: "1m",
    retry: { attempts: 2 },
    handler: (text, ctx) => tools.suggest(text, ctx.signal, (words) => ctx.emit({ words })),
  });
  return { taskora, spelling, reviews };
}
