import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { isOfLoader } from "./stack.js";

/** Functions whose answer differs from run to run. */
const CRYPTO_FUNCTIONS = [
  "randomUUID",
  "randomBytes",
  "randomInt",
  "getRandomValues",
  "randomFillSync",
] as const;

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Notes whether modules read the clock or random numbers while they are loaded. Only then can two loads
 * differ, so only then is a second load worth its time.
 */
export function watchChance(): { readonly wasRead: () => boolean; readonly stop: () => void } {
  let read = false;
  let watching = true;
  const note = (): void => {
    if (!watching || read) return;
    // Writing down a stack may read the clock itself.
    watching = false;
    read = !isOfLoader(new Error("chance").stack ?? "");
    watching = true;
  };
  const wrap = (owner: object, key: string): void => {
    const original = (owner as Record<string, unknown>)[key];
    if (typeof original !== "function") return;
    const wrapped: AnyFunction = function (...args) {
      note();
      return Reflect.apply(original, this, args);
    };
    Reflect.defineProperty(owner, key, { value: wrapped, writable: true, configurable: true });
  };
  wrap(Math, "random");
  wrap(performance, "now");
  wrap(process, "hrtime");
  for (const name of CRYPTO_FUNCTIONS) wrap(crypto, name);
  wrap(globalThis.crypto, "randomUUID");
  wrap(globalThis.crypto, "getRandomValues");
  const realDate = Date;
  globalThis.Date = watchedDate(note);
  syncBuiltinESMExports();
  return {
    wasRead: () => read,
    stop: () => {
      watching = false;
      globalThis.Date = realDate;
    },
  };
}

/** `Date.now()` and `new Date()` read the clock; `new Date(value)` does not. */
function watchedDate(note: () => void): DateConstructor {
  return new Proxy(Date, {
    construct(target, args, newTarget) {
      if (args.length === 0) note();
      return Reflect.construct(target, args, newTarget) as object;
    },
    apply(target, self, args) {
      note();
      return Reflect.apply(target as unknown as AnyFunction, self, args);
    },
    get(target, key, receiver) {
      if (key === "now") note();
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
}
