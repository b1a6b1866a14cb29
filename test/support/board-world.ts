/** A store in which something of every kind has happened, for tests that look at the board. */
import { createTaskora, type Taskora } from "taskora";
import { defineTask } from "taskora/contract";
import { memoryAdapter } from "taskora/memory";
import { chain, group } from "taskora/workflow";
import * as z from "zod";

/** Who looks for this in an answer finds what should not be there. */
export const SECRET = "canary-4711@example.com";

/** What a page must show as text, and nothing else. */
export const HOSTILE = `"><img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;

const invoice = defineTask({
  name: "invoice.send",
  version: 2,
  input: z.object({
    to: z.string().meta({ sensitive: true }).describe("Who gets it."),
    order: z.object({ id: z.string(), totalCents: z.int().min(0) }),
    language: z.enum(["en", "de", "fr"]).default("en"),
    note: z.string().optional(),
  }),
  output: z.object({ messageId: z.string() }),
  retry: { attempts: 3, delay: "1s" },
});

/** A board's world that goes on until it is closed. */
export interface BoardWorld {
  readonly app: Taskora;
  /** Dispatches what one sale takes: an invoice, and at times a picture. */
  sell(nth: number): void;
  /** Ends a job that is at work, so that the next can begin. */
  release(): void;
  close(): Promise<void>;
}

/**
 * Makes it, and resolves once everything in it has come to rest but the jobs that wait for {@link BoardWorld.release}.
 *
 * @param text stands in every field that a user may fill
 */
export async function makeBoardWorld(text: string): Promise<BoardWorld> {
  const app = createTaskora({ adapter: memoryAdapter(), logger: false, release: "2026.12.1" });
  const waiting: (() => void)[] = [];
  const invoices = app.implement(invoice, async (data, ctx) => {
    ctx.log.info(`sending ${text}`, { order: data.order.id, text });
    await ctx.progress({ done: 1, text });
    return { messageId: `m-${text}` };
  });
  const webhook = app.task("webhook.deliver", {
    retry: { attempts: 1 },
    handler: async ({ host }: { host: string; text: string }) => {
      throw new Error(`HTTP 503 from ${host} ${text}`);
    },
  });
  const flaky = app.task("stock.check", {
    retry: { attempts: 5, delay: "1h" },
    handler: async (_: { text: string }) => {
      throw Object.assign(new Error(`no answer ${text}`), { code: "ECONNRESET" });
    },
  });
  const picture = app.task("image.thumbnail", {
    concurrency: 3,
    handler: (_: { text: string }) => new Promise<void>((resolve) => waiting.push(resolve)),
  });
  const resize = app.task("image.resize", async (width: number) => width * 2);
  const join = app.task("image.join", async (widths: readonly number[]) => widths.length);
  const audio = app.register({ name: "audio.transcribe", version: 1 });
  app.schedule("nightly-report", {
    task: "report.build",
    cron: "30 2 * * *",
    timezone: "Europe/Berlin",
    data: { text },
  });
  app.task("report.build", async (_: { text: string }) => "built");
  await app.start();
  const ended = Promise.all([
    ...Array.from({ length: 12 }, (_, nth) => {
      const order = { id: `o-${nth}`, totalCents: nth * 100 };
      return invoices
        .dispatch({ to: SECRET, order, note: text }, { headers: { tenant: text } })
        .result.catch(() => undefined);
    }),
    ...Array.from({ length: 8 }, (_, nth) =>
      webhook.dispatch({ host: `10.0.0.${nth}`, text }).result.catch(() => undefined),
    ),
    app.workflow(chain(group([resize.step(1), resize.step(2), resize.step(3)]), join)).result,
  ]);
  await ended;
  for (let nth = 0; nth < 5; nth++) await picture.dispatch({ text });
  const retried = app.once("retrying", { task: flaky });
  await flaky.dispatch({ text });
  await retried;
  await invoices.dispatch({ to: SECRET, order: { id: "later", totalCents: 1 } }, { delay: "2h" });
  await audio.dispatch({ text });
  await app.schedules.trigger("nightly-report", { by: "ada", reason: text });
  await app.tasks.handle("stock.check").pause({ by: "ada", reason: text });
  return {
    app,
    sell(nth) {
      const order = { id: `o-${1000 + nth}`, totalCents: 990 + nth };
      void invoices.dispatch({ to: SECRET, order });
      if (nth % 10 === 0) void picture.dispatch({ text: `photo-${nth}.jpg` });
    },
    release: () => waiting.shift()?.(),
    async close() {
      for (const resolve of waiting.splice(0)) resolve();
      await app.close({ timeout: 0 });
    },
  };
}
