import { type Duration, parseDuration } from "../../../src/core/duration.js";
import type { JsonValue } from "../../../src/schema/ir.js";
import { canonicalJson } from "../../canonical-json.js";
import { contractFingerprint } from "../../fingerprint.js";
import type { ContractData } from "../../load/protocol.js";
import { type ContractLock, olderVersions } from "../../lock.js";
import type { EdgeVerdicts } from "../judge/edges.js";
import type { RuleId } from "../rules/rules.js";

/** A change of a task beside its schemas. */
export interface TaskChange {
  readonly rule: RuleId;
  readonly note: string;
  readonly edges: EdgeVerdicts;
}

/** An old contract and the new one that takes its place. */
export interface TaskPair {
  readonly old: ContractLock | undefined;
  readonly new: ContractData | undefined;
  /** `old` is not what was recorded last but a version before it that workers still accept. */
  readonly latest?: ContractLock;
}

/** For each pair, the versions the lock remembers beside its own that a worker of the new contract still accepts. */
export function pairOlder({ old, new: next }: TaskPair): readonly TaskPair[] {
  if (old === undefined || next === undefined) return [];
  const { older: _remembered, input: _input, output: _output, emits: _emits, zod: _zod, ...shared } = old;
  return olderVersions(old, next)
    .filter(({ version }) => version < old.version)
    .map((version) => ({ old: { ...shared, ...version }, new: next, latest: old }));
}

/** Pairs recorded contracts with those of today, by name and then by alias. */
export function pairTasks(
  locks: readonly ContractLock[],
  contracts: readonly ContractData[],
): readonly TaskPair[] {
  const byName = new Map(contracts.map((contract) => [contract.name, contract]));
  const byAlias = new Map(
    contracts.flatMap((contract) => (contract.aliases ?? []).map((alias) => [alias, contract])),
  );
  const pairs = locks.map((old): TaskPair => ({ old, new: byName.get(old.name) ?? byAlias.get(old.name) }));
  const taken = new Set(pairs.map((pair) => pair.new));
  const added = contracts.filter((contract) => !taken.has(contract));
  return [...pairs, ...added.map((contract): TaskPair => ({ old: undefined, new: contract }))];
}

/** Whether a pair differs in what travels, or in how it is taken from version to version. */
export function isChanged({ old, new: next }: TaskPair): boolean {
  if (old === undefined || next === undefined) return false;
  const isSameMigration = canonicalJson(old.options.migrate ?? {}) === canonicalJson(next.migrate ?? {});
  return !isSameMigration || old.fingerprint !== contractFingerprint(next);
}

/** The changes of a pair that are not about its schemas. */
export function findTaskChanges({ old, new: next }: TaskPair): readonly TaskChange[] {
  if (old === undefined) return [{ rule: "TASK_ADDED", note: "new", edges: {} }];
  if (next === undefined) {
    const edges: EdgeVerdicts = { queuedJobs: { verdict: "break" } };
    return [{ rule: "TASK_REMOVED", note: "its queued jobs stay unclaimed", edges }];
  }
  return [
    ...renamed(old, next),
    ...versions(old, next),
    ...aliases(old, next),
    ...messages(old, next),
    ...duplicates(old, next),
    ...durations(old, next),
    ...others(old, next),
  ];
}

function renamed(old: ContractLock, next: ContractData): TaskChange[] {
  if (old.name === next.name) return [];
  const edges: EdgeVerdicts = { queuedJobs: { verdict: "ok" }, rollingDeploy: { verdict: "break" } };
  return [{ rule: "TASK_RENAMED", note: `${old.name} → ${next.name}`, edges }];
}

function versions(old: ContractLock, next: ContractData): TaskChange[] {
  const changes: TaskChange[] = [];
  if (next.version < old.version) {
    changes.push({
      rule: "VERSION_DECREASED",
      note: `version ${old.version} → ${next.version}`,
      edges: { queuedJobs: { verdict: "break" } },
    });
  }
  const [before, since] = [numberOf(old.options.since, 1), next.since ?? 1];
  if (since > before) {
    changes.push({
      rule: "SINCE_RAISED",
      note: `since ${before} → ${since}: jobs of version ${before}${since - 1 > before ? ` to ${since - 1}` : ""} fail`,
      edges: { queuedJobs: { verdict: since > old.version ? "break" : "unknown" } },
    });
  }
  return changes;
}

function numberOf(value: JsonValue | undefined, fallback: number): number {
  return typeof value === "number" ? value : fallback;
}

function aliases(old: ContractLock, next: ContractData): TaskChange[] {
  const before = Array.isArray(old.options.aliases) ? old.options.aliases.map(String) : [];
  const kept = new Set([...(next.aliases ?? []), next.name]);
  const gone = before.filter((alias) => !kept.has(alias));
  if (gone.length === 0) return [];
  const edges: EdgeVerdicts = { queuedJobs: { verdict: "unknown" } };
  return [{ rule: "ALIAS_REMOVED", note: `without ${gone.join(", ")}`, edges }];
}

/** A handler that begins or ends to emit; a change of what it emits is one of its schema. */
function messages(old: ContractLock, next: ContractData): TaskChange[] {
  if ((old.emits === undefined) === (next.emits === undefined)) return [];
  if (old.emits === undefined) return [{ rule: "EMITS_ADDED", note: "emits messages", edges: {} }];
  const edges: EdgeVerdicts = { messageReaders: { verdict: "break" } };
  return [{ rule: "EMITS_REMOVED", note: "emits no messages", edges }];
}

/** Jobs that wait hold the keys of before, and producers of both versions may run. */
function duplicates(old: ContractLock, next: ContractData): TaskChange[] {
  const [before, after] = [old.options.deduplicate ?? null, next.deduplicate ?? null];
  if (canonicalJson(before) === canonicalJson(after)) return [];
  const text = (rule: JsonValue) => (rule === null ? "none" : JSON.stringify(rule));
  return [{ rule: "DEDUPLICATE_CHANGED", note: `${text(before)} → ${text(after)}`, edges: {} }];
}

function durations(old: ContractLock, next: ContractData): TaskChange[] {
  const changes: TaskChange[] = [];
  if (isShorter(old.options.timeout, next.timeout)) {
    changes.push({ rule: "TIMEOUT_SHORTENED", note: fromTo(old.options.timeout, next.timeout), edges: {} });
  }
  const discards = next.onExpire === "discard" && old.options.onExpire !== "discard";
  if (isShorter(old.options.ttl, next.ttl) || (discards && next.ttl !== undefined)) {
    const note = `ttl ${fromTo(old.options.ttl, next.ttl)}${discards ? ", expired jobs are discarded" : ""}`;
    changes.push({ rule: "RETENTION_SHORTENED", note, edges: {} });
  }
  const [before, attempts] = [attemptsOf(old.options.retry), attemptsOf(next.retry)];
  if (attempts < before) {
    changes.push({ rule: "ATTEMPTS_LOWERED", note: `${before} attempts → ${attempts}`, edges: {} });
  }
  return changes;
}

function fromTo(old: JsonValue | undefined, next: JsonValue | undefined): string {
  return `${old ?? "none"} → ${next ?? "none"}`;
}

function isShorter(old: JsonValue | undefined, next: string | number | undefined): boolean {
  if (next === undefined) return false;
  const limit = parseDuration(next as Duration, "duration");
  return old === undefined || limit < parseDuration(old as Duration, "duration");
}

function attemptsOf(retry: JsonValue | undefined): number {
  if (typeof retry !== "object" || retry === null || !("attempts" in retry)) return 1;
  return numberOf(retry.attempts, 1);
}

const OTHER_OPTIONS = [
  "retry",
  "timeout",
  "delay",
  "ttl",
  "onExpire",
  "priority",
  "collect",
  "group",
  "globalConcurrency",
  "rateLimit",
  "deprecated",
  "unstable",
] as const;

/** Longer waits, other backoffs and the like: worth a line, not a warning. */
function others(old: ContractLock, next: ContractData): TaskChange[] {
  const changed = OTHER_OPTIONS.filter(
    (key) => canonicalJson(old.options[key] ?? null) !== canonicalJson(next[key] ?? null),
  );
  return changed.length === 0 ? [] : [{ rule: "OPTIONS_CHANGED", note: changed.join(", "), edges: {} }];
}
