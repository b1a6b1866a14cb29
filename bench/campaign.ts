/** Which measurements are made, in which order, and with how many jobs. */
import { measure } from "./measure.js";
import type { Peer } from "./peers/peer.js";
import { say } from "./prepare.js";
import type { ContenderResult, WorkloadResult } from "./results.js";
import { METRICS, type Measures, type Metric, parseContender, type Spec, type StoreName } from "./spec.js";
import { PILOT_JOBS } from "./workloads/process.js";
import type { Workload } from "./workloads/workload.js";

/** What a whole run is told. */
export interface CampaignOptions {
  readonly workloads: readonly Workload[];
  readonly store: StoreName;
  /** The plain contenders, by name. */
  readonly peers: ReadonlyMap<string, Peer>;
  readonly rounds: number;
  readonly targetMs: number;
  readonly commit: string;
}

const MIN_JOBS = 2000;
const MAX_JOBS = 600_000;
/** A pilot shorter than this share of the target says too little. */
const PILOT_SHARE = 0.3;
const MAX_PILOTS = 3;

export class Campaign {
  readonly #options: CampaignOptions;
  /** Jobs per second as last seen, by workload and contender. */
  readonly #rates = new Map<string, number>();

  constructor(options: CampaignOptions) {
    this.#options = options;
  }

  async *run(): AsyncGenerator<WorkloadResult> {
    for (const workload of this.#options.workloads) yield await this.#runWorkload(workload);
  }

  /** Contenders take turns within a round, and another one begins each round. */
  async #runWorkload(workload: Workload): Promise<WorkloadResult> {
    const contenders = this.#contendersOf(workload).map((name) => new Contender(name));
    const rounds = Math.min(this.#options.rounds, workload.maxRounds ?? Number.POSITIVE_INFINITY);
    if (workload.sizing === "counted") for (const each of contenders) await this.#pilot(workload, each);
    for (let round = 0; round < rounds; round++) {
      const order = contenders.map(
        (_, index) => contenders[(index + round) % contenders.length] as Contender,
      );
      for (const each of order) each.add(await this.#measure(workload, each), `round ${round + 1}`);
    }
    const { name, title, chapter } = workload;
    const metrics = this.#metricsOf(workload);
    const { commit } = this.#options;
    const date = new Date().toISOString().slice(0, 10);
    return {
      name,
      title,
      chapter,
      metrics,
      date,
      commit,
      contenders: contenders.map((each) => each.result()),
    };
  }

  /** What is done is also counted in bytes of the log, where the store has one. */
  #metricsOf({ metrics }: Workload): readonly Metric[] {
    const isLogged = this.#options.store === "postgres" && metrics.includes("storeMicros");
    return isLogged ? [...metrics, "walBytes"] : metrics;
  }

  #contendersOf(workload: Workload): readonly string[] {
    const { peers } = this.#options;
    const isIn = (name: string) => {
      const peer = peers.get(parseContender(name).peer);
      if (peer === undefined || peer.workloads?.includes(workload.name) === false) return false;
      return (workload.needs ?? []).every((need) => peer.capabilities.includes(need));
    };
    return (workload.contenders ?? [...peers.keys()]).filter(isIn);
  }

  async #pilot(workload: Workload, contender: Contender): Promise<void> {
    if (this.#rateOf(workload, contender) !== undefined) return;
    let jobs = PILOT_JOBS;
    for (let pilot = 0; pilot < MAX_PILOTS; pilot++) {
      const answer = await measure({ ...this.#spec(workload, contender), jobs });
      if ("failed" in answer) return;
      const rate = this.#learn(workload, contender, answer.measures);
      if ((jobs / rate) * 1000 >= this.#options.targetMs * PILOT_SHARE) return;
      jobs = this.#jobsFor(rate);
    }
  }

  async #measure(workload: Workload, contender: Contender): Promise<Measures | string> {
    const rate = this.#rateOf(workload, contender);
    const jobs = workload.sizing !== "counted" || rate === undefined ? {} : { jobs: this.#jobsFor(rate) };
    const answer = await measure({ ...this.#spec(workload, contender), ...jobs });
    if ("failed" in answer) return answer.failed;
    this.#learn(workload, contender, answer.measures);
    report(workload.name, contender.name, { metrics: this.#metricsOf(workload), measures: answer.measures });
    return answer.measures;
  }

  #spec(workload: Workload, contender: Contender): Omit<Spec, "storeUrl" | "storePid" | "role"> {
    const { peers, store, targetMs } = this.#options;
    const parts = parseContender(contender.name);
    return { ...parts, store: peers.get(parts.peer)?.store ?? store, workload: workload.name, targetMs };
  }

  #jobsFor(rate: number): number {
    const wanted = Math.round((rate * this.#options.targetMs) / 1000);
    return Math.max(MIN_JOBS, Math.min(MAX_JOBS, wanted));
  }

  #rateOf(workload: Workload, { name }: Contender): number | undefined {
    return this.#rates.get(`${workload.name} ${name}`) ?? this.#rates.get(`${workload.ratesFrom} ${name}`);
  }

  #learn(workload: Workload, { name }: Contender, { jobsPerSecond }: Measures): number {
    const rate = jobsPerSecond ?? Number.NaN;
    if (jobsPerSecond !== undefined) this.#rates.set(`${workload.name} ${name}`, rate);
    return rate;
  }
}

/** Collects the rounds of one contender. */
class Contender {
  readonly name: string;
  readonly #rounds: (Measures | null)[] = [];
  readonly #failures: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  add(outcome: Measures | string, round: string): void {
    this.#rounds.push(typeof outcome === "string" ? null : outcome);
    if (typeof outcome !== "string") return;
    this.#failures.push(`${round}: ${outcome}`);
    say(`  ${this.name} failed in ${round}: ${outcome}`);
  }

  result(): ContenderResult {
    return { name: this.name, rounds: this.#rounds, failures: this.#failures };
  }
}

function report(
  workload: string,
  contender: string,
  { metrics, measures }: { readonly metrics: readonly Metric[]; readonly measures: Measures },
): void {
  const figures = metrics.map((metric) => {
    const { unit, digits } = METRICS[metric];
    return `${measures[metric]?.toFixed(digits) ?? "–"} ${unit}`;
  });
  say(`  ${workload.padEnd(22)} ${contender.padEnd(28)} ${figures.join("  ")}`);
}
