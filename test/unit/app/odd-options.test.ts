import { createTaskora, type Taskora } from "taskora";
import { defineTask } from "taskora/contract";
import { memoryAdapter } from "taskora/memory";
import { describe, expect, it } from "vitest";

const app = () => createTaskora({ adapter: memoryAdapter(), logger: false });
const task = (options: object) => () => app().task("odd", { handler: () => 1, ...options });

/** What a caller without types may write, and the sentence he gets. */
const CALLS: readonly [string, (given: Taskora) => unknown, RegExp][] = [
  [
    "retryOn that is no list",
    task({ retry: { retryOn: "Error" } }),
    /retry.retryOn to be a list .*got "Error"/,
  ],
  [
    "a filter that is a number",
    task({ retry: { noRetryOn: [5] } }),
    /retry.noRetryOn to be a list .*got 5 in it/,
  ],
  ["middleware that is text", task({ middleware: "x" }), /middleware to be a list, got "x"/],
  ["a layer that is a number", task({ middleware: [5] }), /middleware\[0\] to be a function, got 5/],
  ["onCancel that is a number", task({ onCancel: 5 }), /onCancel to be a function, got 5/],
  [
    "a retention rule that is a number",
    task({ retention: { completed: 5 } }),
    /retention.completed to be an object/,
  ],
  [
    "a task without options",
    (given) => given.task("odd", null as never),
    /task odd to be an object, got null/,
  ],
  ["a contract that is null", () => defineTask(null as never), /defineTask\(\) to be an object, got null/],
  ["registering null", (given) => given.register(null as never), /the contract to be an object, got null/],
  ["using a number", (given) => given.use(5 as never), /use\(\) to be an object, got 5/],
  ["a side that is a number", (given) => given.use({ handle: 5 as never }), /handle to be a function, got 5/],
  [
    "a listener that is null",
    (given) => given.on("completed", null as never),
    /listener of "completed" .*got null/,
  ],
  ["close(null)", (given) => given.close(null as never), /close\(\) to be an object, got null/],
];

describe("options that the types forbid", () => {
  it.each(CALLS)("are refused in words: %s", (_, call, message) => {
    expect(() => call(app())).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
    expect(() => call(app())).toThrow(message);
  });

  it.each([null, 5, { delay: 1, headers: null }, { onExpire: "x" }, { validateOnDispatch: "yes" }])(
    "reject a dispatch with %j",
    async (options) => {
      const client = app().register({ name: "odd", version: 1 });
      await expect(client.dispatch(1, options as never)).rejects.toMatchObject({ code: "OPTION_INVALID" });
    },
  );

  it("reject dispatchMany of what is no list", async () => {
    const client = app().register({ name: "odd", version: 1 });
    await expect(client.dispatchMany(5 as never)).rejects.toThrow("to be iterable");
  });
});
