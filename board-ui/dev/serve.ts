/**
 * A board over a store in this process with jobs that come, fail, wait and end, to look at pages while they are written. It is in
 * no package. Run: `npx tsx board-ui/dev/serve.ts [port] [fresh]`.
 */
import { createTaskora } from "taskora";
import { createBoard } from "taskora/board";
import { createMemoryStore, memoryAdapter } from "taskora/memory";

const [port = "7070", kind = "busy"] = process.argv.slice(2);
const app = createTaskora({ adapter: memoryAdapter({ store: createMemoryStore() }), logger: false });
const clients = new Map<string, { dispatch(data: unknown, options?: object): Promise<unknown> }>();
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Kind {
  readonly name: string;
  readonly perSecond: number;
  readonly ms: number;
  readonly failing: number;
}

const KINDS: readonly Kind[] = [
  { name: "email.send", perSecond: 6, ms: 250, failing: 0.04 },
  { name: "order.confirm", perSecond: 2, ms: 60, failing: 0 },
  { name: "webhook.deliver", perSecond: 3, ms: 900, failing: 0.3 },
  { name: "invoice.render", perSecond: 0.5, ms: 2_500, failing: 0.02 },
  { name: "account.sync", perSecond: 0.2, ms: 8_000, failing: 0 },
];

if (kind === "fresh") {
  app.task("email.send", { concurrency: 3, handler: () => sleep(200) });
} else {
  for (const { name, ms, failing } of KINDS) {
    const task = app.task(name, {
      concurrency: name === "webhook.deliver" ? 2 : 4,
      retry: { attempts: 3, delay: "2s" },
      handler: async () => {
        await sleep(ms * (0.3 + Math.random() * 1.6));
        if (Math.random() < failing)
          throw new Error(`SMTP 421: try again later, connection ${Math.floor(Math.random() * 1e6)}`);
        return { ok: true };
      },
    });
    clients.set(name, task as never);
  }
}
for (let nth = 0; nth < Number(process.env.TASKS ?? 0); nth++)
  await app
    .task(`idle.task-${String(nth).padStart(3, "0")}`, { handler: () => undefined })
    .dispatch({ nth }, { delay: "10m" });
await app.start();
for (const { name, perSecond } of kind === "fresh" ? [] : KINDS) {
  const task = clients.get(name);
  const next = () => {
    const options = Math.random() < 0.1 ? { delay: "20s" as const } : {};
    void task?.dispatch({ to: "ada@example.com", order: Math.floor(Math.random() * 1e4) }, options);
    setTimeout(next, (-Math.log(1 - Math.random()) * 1_000) / perSecond);
  };
  next();
}

const board = createBoard(app);
const { url } = await board.listen({ port: Number(port) });
process.stdout.write(`${url}\n`);
