/**
 * Turns of the event loop, whatever a test has put in place of the globals: fake timers of Vitest and Jest hold back
 * `setImmediate` and `queueMicrotask`, and what waits for them would wait for ever. They are no timers here: nothing is
 * measured by them.
 *
 * @see https://github.com/sinonjs/fake-timers whose fakes carry a `clock`
 */

/** Runs `callback` when the current microtasks have come to it. */
export const nextMicrotask: (callback: () => void) => void = isFake(queueMicrotask)
  ? (callback) => void Promise.resolve().then(callback)
  : queueMicrotask;

/** Runs `callback` in the next turn of the event loop, when every promise chain that can go on has done so. */
export const nextTurn: (callback: () => void) => void = isFake(setImmediate)
  ? turnsOfChannel()
  : realTurns(setImmediate);

function isFake(global: object): boolean {
  return "clock" in global;
}

function realTurns(immediate: typeof setImmediate): (callback: () => void) => void {
  return (callback) => void immediate(callback);
}

/** Messages to oneself: each arrives in a turn of its own, and nobody fakes them. They keep the process alive until then. */
function turnsOfChannel(): (callback: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const callbacks: (() => void)[] = [];
  port1.on("message", () => {
    const callback = callbacks.shift();
    if (callbacks.length === 0) port1.unref();
    callback?.();
  });
  port1.unref();
  return (callback) => {
    callbacks.push(callback);
    port1.ref();
    port2.postMessage(undefined);
  };
}
