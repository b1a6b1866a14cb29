import { expect, it } from "vitest";
import * as z from "zod";
import { internalsOf } from "../../../src/app/app-internals.js";
import { describeBehaviour } from "../../support/behaviour.js";
import { rejection } from "../../support/signals.js";

const CARD = "4929123123123123";
const input = z.object({ card: z.string().meta({ sensitive: true }), cents: z.number() });
const output = z.object({ token: z.string().meta({ sensitive: true }) });
const SHOWN = { card: "▪ text of 16", cents: 5 };

describeBehaviour("sensitive values", ({ app }) => {
  it("are hidden in data, errors, attempts, logs, headers and progress, and shown to those who ask", async () => {
    const taskora = app();
    const pay = taskora.task("pay", {
      input,
      handler: ({ card }, ctx) => {
        ctx.log.info(`charging ${card}`, { card, cents: 5 });
        ctx.progress({ card });
        throw new Error(`no such card: ${card}`);
      },
    });
    await taskora.start();
    const job = await pay.dispatch({ card: CARD, cents: 5 }, { headers: { card: CARD } });
    await rejection(job.result);
    const hidden = await taskora.jobs.get(job, { sensitive: "hidden" });
    expect(JSON.stringify(hidden)).not.toContain(CARD);
    expect(hidden).toMatchObject({
      ...{ id: job.id, state: "failed", data: SHOWN, headers: { card: "▪" }, progress: { card: "▪" } },
      ...{ error: { message: "no such card: ▪" }, history: [{ error: { message: "no such card: ▪" } }] },
      logs: [{ level: "info", message: "charging ▪", fields: { card: "▪", cents: 5 } }],
    });
    const { items } = await taskora.jobs.list({ task: pay, sensitive: "hidden" });
    expect(items).toMatchObject([{ data: SHOWN, error: { message: "no such card: ▪" } }]);
    expect((await taskora.jobs.get(job))?.data).toEqual({ card: CARD, cents: 5 });
  });

  it("are hidden in results, and by the contracts of live workers where the job's own is not kept", async () => {
    const taskora = app();
    const contract = { name: "token.make", version: 1, fingerprint: "f1", input, output };
    internalsOf(taskora).implementGenerated(contract, (data: unknown) => ({
      token: `t-${(data as { readonly card: string }).card}`,
    }));
    await taskora.start();
    const job = await app().register({ name: "token.make", version: 1 }).dispatch({ card: CARD, cents: 5 });
    await job.result;
    const hidden = await taskora.jobs.get(job, { sensitive: "hidden" });
    expect(hidden).toMatchObject({ data: SHOWN, result: { token: "▪ text of 18" }, fingerprint: "" });
  });

  it("are as they are where no contract says anything", async () => {
    const taskora = app();
    const job = await taskora.register({ name: "plain", version: 1 }).dispatch({ card: CARD });
    expect((await taskora.jobs.get(job, { sensitive: "hidden" }))?.data).toEqual({ card: CARD });
  });

  it("are asked for in words that exist", async () => {
    const wrong = { sensitive: "masked" } as never;
    await expect(app().jobs.get({ id: "a" }, wrong)).rejects.toThrow(
      'expected sensitive to be "shown" or "hidden"',
    );
  });
});
