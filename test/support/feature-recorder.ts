import type { Adapter, Feature, JobLimits, NewJob } from "taskora/adapter";
import { featuresOfLimits, OPTIONAL_STORES } from "../../src/core/features.js";

/** An adapter over another one that notes which features its caller asks for. */
export function recordFeatures(inner: Adapter, asked: Set<Feature>): Adapter {
  const note = ({ limits }: { readonly limits?: JobLimits | undefined }) => {
    for (const feature of featuresOfLimits(limits)) asked.add(feature);
  };
  const verbs: Partial<Adapter> = {
    insert(jobs: readonly NewJob[], call) {
      for (const job of jobs) note(job);
      if (call?.within !== undefined) asked.add("transactions");
      return inner.insert(jobs, call);
    },
    control(requests) {
      for (const { control } of requests) asked.add(control === "limits" ? "overrides" : "control");
      return inner.control?.(requests) ?? Promise.resolve([]);
    },
    subscribe(topic, listener) {
      if (topic.kind === "events" || topic.kind === "tasks") asked.add("events");
      return inner.subscribe(topic, listener);
    },
    annotate(annotations, call) {
      if (annotations.some((each) => "message" in each)) asked.add("messages");
      return inner.annotate(annotations, call);
    },
    messages(queries, call) {
      asked.add("messages");
      return inner.messages?.(queries, call) ?? Promise.resolve([]);
    },
    collected(query) {
      asked.add("collect");
      return inner.collected?.(query) ?? Promise.resolve([]);
    },
  };
  return new Proxy(inner, {
    get(target, name) {
      const store = OPTIONAL_STORES.find((each) => each === name);
      if (store !== undefined) asked.add(store);
      const own = verbs[name as keyof Adapter] ?? Reflect.get(target, name);
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
}
