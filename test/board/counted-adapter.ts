import type { Adapter } from "taskora/adapter";

/** Calls of a store by the name of the verb; of gauges as many as a Redis is asked, 25 tasks each. */
export function counted(adapter: Adapter): {
  readonly adapter: Adapter;
  readonly calls: Map<string, number>;
} {
  const calls = new Map<string, number>();
  const count = (name: string, args: readonly unknown[]) => {
    const weight = name === "gauges" ? Math.ceil((args[0] as readonly unknown[]).length / 25) : 1;
    calls.set(name, (calls.get(name) ?? 0) + weight);
  };
  const wrapped = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(inner, key) {
        const value: unknown = Reflect.get(inner, key);
        if (typeof value === "function")
          return (...args: unknown[]) => {
            count(String(key), args);
            return Reflect.apply(value, inner, args) as unknown;
          };
        return ["observe", "contracts", "schedules"].includes(String(key)) && value !== undefined
          ? wrapped(value as object)
          : value;
      },
    });
  return { adapter: wrapped(adapter), calls };
}
