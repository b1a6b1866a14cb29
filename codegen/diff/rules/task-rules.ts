import { type Rule, taskRule } from "./rule.js";

/** Changes of a task beside its schemas. */
export const TASK_RULES = {
  TASK_ADDED: taskRule("A task was added", ["ok", "ok"], {
    why: "Deploy its worker before its first producer, or jobs wait.",
    old: "",
    new: 'defineTask({ name: "a.b" })',
  }),
  TASK_REMOVED: taskRule("A task was removed", ["break", "ok"], {
    why: "Its queued jobs stay unclaimed. Keep a worker until its queues are empty, or rename it with aliases.",
    old: 'defineTask({ name: "a.b" })',
    new: "",
  }),
  TASK_RENAMED: taskRule("A task was renamed, with an alias", ["ok", "break"], {
    why: "Workers of the new contract take over jobs of the old name; old workers do not know the new one. Workers first.",
    old: 'defineTask({ name: "a.b" })',
    new: 'defineTask({ name: "a.c", aliases: ["a.b"] })',
  }),
  ALIAS_REMOVED: taskRule("An alias was removed", ["unknown", "ok"], {
    why: "Jobs still queued under that name stay unclaimed.",
    old: 'defineTask({ name: "a.c", aliases: ["a.b"] })',
    new: 'defineTask({ name: "a.c" })',
  }),
  VERSION_BUMP_WITH_MIGRATION: taskRule("The version was raised, with migrations", ["depends", "ok"], {
    why: "Samples of old payloads were migrated and parsed. Jobs of the new version wait for a new worker.",
    old: 'defineTask({ name: "a.b", version: 1 })',
    new: 'defineTask({ name: "a.b", version: 2, migrate: { 1: (payload) => payload } })',
  }),
  VERSION_BUMP: taskRule("The version was raised without a migration", ["depends", "ok"], {
    why: "Old payloads reach the new schema as they are. Jobs of the new version wait for a new worker.",
    old: 'defineTask({ name: "a.b", version: 1 })',
    new: 'defineTask({ name: "a.b", version: 2 })',
  }),
  SCHEMA_BREAK_NO_BUMP: taskRule("Queued jobs break and the version stayed", ["break", "ok"], {
    why: "Raise version and add migrate, or make the change in two steps.",
    old: 'defineTask({ name: "a.b", version: 1, input: z.string() })',
    new: 'defineTask({ name: "a.b", version: 1, input: z.number() })',
  }),
  VERSION_DECREASED: taskRule("The version went down", ["break", "ok"], {
    why: "Queued jobs of the higher version are put back for ever. Never lower a version.",
    old: 'defineTask({ name: "a.b", version: 2 })',
    new: 'defineTask({ name: "a.b", version: 1 })',
  }),
  SINCE_RAISED: taskRule("The oldest accepted version was raised", ["break", "ok"], {
    why: "Queued jobs of older versions fail. Wait until none is left: taskora diff --live shows them.",
    old: 'defineTask({ name: "a.b", version: 2, since: 1 })',
    new: 'defineTask({ name: "a.b", version: 2, since: 2 })',
  }),
  EMITS_ADDED: taskRule("The handler may emit messages", ["ok", "ok"], {
    why: "Those who listen to jobs of an old worker hear nothing, and the loop ends with the job.",
    old: 'defineTask({ name: "a.b" })',
    new: 'defineTask({ name: "a.b", emits: z.string() })',
  }),
  EMITS_REMOVED: taskRule("The handler no longer emits messages", ["ok", "break"], {
    why: "Those who still listen hear nothing from a new worker. Deploy them first, without the loop.",
    old: 'defineTask({ name: "a.b", emits: z.string() })',
    new: 'defineTask({ name: "a.b" })',
  }),
  DEDUPLICATE_CHANGED: taskRule("Other jobs are duplicates", ["ok", "ok"], {
    why: "Jobs that wait hold the keys of before, and so do those of producers that are not deployed yet: until they have ended, two jobs may be there where one is meant.",
    old: 'defineTask({ name: "a.b", deduplicate: { by: "order" } })',
    new: 'defineTask({ name: "a.b", deduplicate: { by: "customer" } })',
  }),
  TIMEOUT_SHORTENED: taskRule("The timeout was shortened", ["ok", "ok"], {
    why: "Runs that took longer are aborted now.",
    old: 'defineTask({ name: "a.b", timeout: "30s" })',
    new: 'defineTask({ name: "a.b", timeout: "10s" })',
  }),
  ATTEMPTS_LOWERED: taskRule("Fewer attempts are made", ["ok", "ok"], {
    why: "Queued jobs without their own limit fail after fewer attempts.",
    old: 'defineTask({ name: "a.b", retry: { attempts: 5 } })',
    new: 'defineTask({ name: "a.b", retry: { attempts: 2 } })',
  }),
  RETENTION_SHORTENED: taskRule("Jobs are kept for a shorter time", ["ok", "ok"], {
    why: 'A shorter ttl expires waiting jobs sooner, and onExpire: "discard" keeps no trace of them.',
    old: 'defineTask({ name: "a.b", ttl: "1h" })',
    new: 'defineTask({ name: "a.b", ttl: "1m" })',
  }),
  OPTIONS_CHANGED: taskRule("Other options were changed", ["ok", "ok"], {
    why: "Retry, backoff, priority and the like apply to runs from now on.",
    old: 'defineTask({ name: "a.b", priority: 1 })',
    new: 'defineTask({ name: "a.b", priority: 2 })',
  }),
} as const satisfies Record<string, Rule>;
