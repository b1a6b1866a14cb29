/** What is asked of two stores of which one declines something: neither is asked for that. */
import type { Adapter, Feature } from "taskora/adapter";
import type { ConformanceKit } from "taskora/testing";
import { featuresOfLimits, OPTIONAL_STORES } from "../../../src/core/features.js";
import type { JobLimits } from "../../../src/core/limits/job-limits.js";
import type { Step } from "./steps.js";

const NEEDS: { readonly [What in Step["what"]]?: Feature } = {
  schedule: "schedules",
  workflow: "workflows",
  again: "workflows",
  control: "control",
  override: "overrides",
  drain: "control",
};

/** A step without limits that are declined; undefined: all of it is. */
export function stepWithin(step: Step, declined: readonly Feature[]): Step | undefined {
  const need = NEEDS[step.what];
  if (need !== undefined && declined.includes(need)) return undefined;
  return withoutLimits(step, declined) as Step;
}

function withoutLimits(value: unknown, declined: readonly Feature[]): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutLimits(item, declined));
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => {
    const isDeclined = name === "limits" && isAny(field as JobLimits | undefined, declined);
    return [name, isDeclined ? undefined : withoutLimits(field, declined)];
  });
  return Object.fromEntries(fields);
}

function isAny(limits: JobLimits | undefined, declined: readonly Feature[]): boolean {
  return featuresOfLimits(limits).some((feature) => declined.includes(feature));
}

/** A kit whose adapters decline as much. */
export function kitWithout(kit: ConformanceKit, declined: readonly Feature[]): ConformanceKit {
  return declined.length === 0 ? kit : { ...kit, open: () => adapterWithout(kit.open(), declined) };
}

function adapterWithout(adapter: Adapter, declined: readonly Feature[]): Adapter {
  const gone: readonly string[] = [
    ...OPTIONAL_STORES.filter((store) => declined.includes(store)),
    ...(declined.includes("collect") ? ["collected"] : []),
  ];
  return new Proxy(adapter, {
    get(target, name) {
      if (gone.includes(String(name))) return undefined;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
