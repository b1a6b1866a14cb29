/** What a round reads beside what it was opened with. */
import { answerOf, type Statements } from "../connection/database.js";
import { ASIDE } from "../sql/marks.js";
import type { GivenCollector } from "./round-collectors.js";
import type { GateReads, GivenGate, GivenWaiter, Role } from "./round-gates.js";
import type { GivenGroup, GroupReads } from "./round-groups.js";
import { type GivenJob, type Position, type RoundJobs, RoundQueue } from "./round-jobs.js";

/** What `round_open` answers when a round can begin. */
export interface OpenedRound {
  readonly task: number;
  readonly now: number;
  readonly paused: boolean;
  readonly askedAt: number;
  readonly override: string | null;
  readonly gone: readonly string[] | null;
  /** Gates that are due. */
  readonly timers: readonly string[];
  /** Jobs that are not in their place yet. */
  readonly came: readonly GivenJob[];
  readonly roles: readonly (readonly [id: string, gate: string, role: Role["role"], place: number])[];
  readonly jobs: readonly GivenJob[];
  readonly groups: readonly GivenGroup[];
  readonly clock: number | null;
  readonly gates: readonly GivenGate[];
  readonly collectors: readonly GivenCollector[];
  readonly hasSuspects: boolean;
}

/** Jobs that are read at once, when more are needed. */
const MORE_JOBS = 320;
/** Groups that are read at once, when more are needed, and jobs of one. */
const MORE_GROUPS = 64;
const MORE_OF_GROUP = 32;

export class RoundReads {
  readonly #statements: Statements;
  /** How many jobs and groups the round was opened with at most. */
  readonly #most: number;
  readonly #isApart: boolean;
  #jobs: RoundJobs | undefined;
  #opened: OpenedRound | undefined;

  constructor(statements: Statements, by: { readonly most: number; readonly isApart: boolean }) {
    this.#statements = statements;
    this.#most = by.most;
    this.#isApart = by.isApart;
  }

  /** Where jobs are kept that are read. */
  use(jobs: RoundJobs, opened: OpenedRound): void {
    this.#jobs = jobs;
    this.#opened = opened;
  }

  readonly gateReads: GateReads = {
    gates: (names) =>
      this.#answer<readonly GivenGate[]>("select @@round_gates($1, $2, $3, 16, 64)", [
        names,
        this.#given.now,
      ]),
    blocked: (gate, after, limit) =>
      this.#answer<readonly GivenWaiter[]>("select @@round_waiters($1, $2, 'b', $3, $4)", [
        gate,
        after,
        limit,
      ]),
    holders: (gate) =>
      this.#answer<readonly GivenWaiter[]>("select @@round_waiters($1, $2, 'a', $3, null)", [
        ...[gate, Number.MAX_SAFE_INTEGER],
      ]),
  };

  readonly groupReads: GroupReads = {
    after: async (at, name) => {
      const groups = await this.#groups(at, name, MORE_GROUPS);
      return { groups, isAll: groups.length < MORE_GROUPS };
    },
    named: async (name) => {
      const [group] = await this.#answer<readonly GivenGroup[]>(
        `select coalesce(json_agg(json_build_object('name', t.name, 'at', t.at, 'weight', t.weight)), '[]')
          from @.turn t where t.task = $1 and t.name = $2`,
        [name],
      );
      return group;
    },
    queue: ({ name, jobs, share = 0 }) =>
      this.#queue(ASIDE.grouped, name, jobs && { given: jobs, most: share }),
  };

  /** Jobs of one kind, of one group or key if it has those. */
  queue(aside: number, name?: string): RoundQueue {
    const isOpened = name === undefined && (aside === ASIDE.suspects) === this.#isApart;
    return this.#queue(aside, name, isOpened ? { given: this.#given.jobs, most: this.#most } : undefined);
  }

  /** A number behind all that wait. */
  async number(): Promise<number> {
    const [row] = await this.#statements.rows("select nextval('@.place_seq') as number");
    return Number(row?.number);
  }

  /** Whether those that a round was opened with are all there are. */
  hasAllGroups(groups: readonly GivenGroup[]): boolean {
    return groups.length < this.#most;
  }

  #queue(
    aside: number,
    name: string | undefined,
    first: { readonly given: readonly GivenJob[]; readonly most: number } | undefined,
  ): RoundQueue {
    const most = aside === ASIDE.grouped ? MORE_OF_GROUP : MORE_JOBS;
    const readMore = async ({ rank, place }: Position) => {
      const given = await this.#answer<readonly GivenJob[]>(
        "select @@round_jobs($1, $2, $3, $4, $5, $6, $7)",
        [...[aside, name ?? null, rank, place, this.#given.now, most]],
      );
      return this.#read(given, most);
    };
    return new RoundQueue(readMore, first && this.#read(first.given, first.most));
  }

  #read(given: readonly GivenJob[], most: number) {
    return { jobs: given.flatMap((each) => this.#jobs?.read(each) ?? []), isAll: given.length < most };
  }

  #groups(at: number, name: string, limit: number): Promise<readonly GivenGroup[]> {
    return this.#answer("select @@round_groups($1, $2, $3, $4, $5)", [...[at, name, this.#given.now, limit]]);
  }

  #answer<T>(sql: string, values: readonly unknown[]): Promise<T> {
    return answerOf<T>(this.#statements, sql, [this.#given.task, ...values]);
  }

  get #given(): OpenedRound {
    if (this.#opened === undefined) throw new Error("the round is not open");
    return this.#opened;
  }
}
