import { defineTask } from "taskora/contract";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";

describeBehaviour("a start with tasks", ({ app }) => {
  it("works on the tasks that a pattern chooses, whenever they get their handler", async () => {
    const worker = app();
    const ran: string[] = [];
    const declare = (name: string) => worker.task(name, () => void ran.push(name));
    const [resize, send] = [declare("media.resize"), declare("email.send")];
    await worker.start({ tasks: ["media.*"] });
    const [scan, report] = [declare("media.scan"), declare("report.build")];
    const resting = await Promise.all([send.dispatch(1), report.dispatch(1)]);
    await Promise.all([resize.dispatch(1).result, scan.dispatch(1).result]);
    expect(ran.sort()).toEqual(["media.resize", "media.scan"]);
    expect(await Promise.all(resting.map((job) => job.getState()))).toEqual(["waiting", "waiting"]);
  });

  it("leaves the others to processes that are started with them, or with all", async () => {
    const [one, two] = [app(), app()];
    const names: string[] = [];
    for (const [each, process] of [
      [one, "one"],
      [two, "two"],
    ] as const) {
      each.task("media.resize", () => void names.push(`resize in ${process}`));
      each.task("email.send", () => void names.push(`send in ${process}`));
    }
    await one.start({ tasks: ["media.resize"] });
    await two.start({ tasks: ["email.send"] });
    const send = one.register(defineTask({ name: "email.send" }));
    await Promise.all([1, 2, 3].map((job) => send.dispatch(job).result));
    expect(new Set(names)).toEqual(new Set(["send in two"]));
    await two.close();
    await one.close();
    names.length = 0;
    await one.start();
    await send.dispatch(4).result;
    expect(names).toEqual(["send in one"]);
  });

  it("takes a task with its former name", async () => {
    const worker = app();
    const ran: unknown[] = [];
    worker.implement(
      defineTask({ name: "media.resize", aliases: ["image.resize"] }),
      (data) => void ran.push(data),
    );
    worker.task("email.send", () => undefined);
    await worker.start({ tasks: ["media.*"] });
    await app()
      .register(defineTask({ name: "image.resize" }))
      .dispatch("old").result;
    expect(ran).toEqual(["old"]);
  });

  it("is refused for a pattern that chooses nothing, and may be tried again", async () => {
    const worker = app();
    const send = worker.task("email.send", () => "sent");
    await expect(worker.start({ tasks: ["email.*", "media.*"] })).rejects.toThrow(
      'expected tasks[1] to choose a task, got "media.*", which chooses none. Tasks: email.send.',
    );
    await worker.start({ tasks: ["email.*"] });
    await worker.start();
    await worker.start({ tasks: ["email.*"] });
    await expect(worker.start({ tasks: ["*"] })).rejects.toThrow(/only before this app works/);
    expect(await send.dispatch(1).result).toBe("sent");
  });
});
