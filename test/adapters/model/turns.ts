import { byPlace, inState, type Model, type ModelJob } from "./model.js";

/** One turn of a group of weight 1, in virtual time. */
const TURN = 1_000_000;
/** Jobs of priority 0 without a group. */
const UNGROUPED = "";

/** The group of a job that comes takes turns from now on; its weight is that of its newest job. */
export function joinTurns(model: Model, { limits }: ModelJob): void {
  if (limits?.group !== undefined) turnOf(model, limits.group.key).weight = limits.group.weight ?? 1;
}

/** The next job to start: by priority, by the turns of groups, and in order. Its group has had its turn. */
export function nextJob(model: Model): ModelJob | undefined {
  const [first] = inState(model, "waiting")
    .filter((job) => !job.isAside)
    .sort(byPlace);
  if (model.turns.length === 0) return first;
  if (first !== undefined && (first.priority > 0 || (first.priority === 0 && first.held.length > 0)))
    return first;
  return nextTurn(model, first?.priority === 0 ? first : undefined) ?? first;
}

function nextTurn(model: Model, ungrouped: ModelJob | undefined): ModelJob | undefined {
  if (ungrouped !== undefined) turnOf(model, UNGROUPED);
  for (;;) {
    const [turn] = model.turns.sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
    if (turn === undefined) return undefined;
    model.turnNow = Math.max(model.turnNow, turn.at);
    const job = turn.name === UNGROUPED ? ungrouped : firstOf(model, turn.name);
    if (job !== undefined) {
      turn.at += Math.floor(TURN / turn.weight);
      return job;
    }
    model.turns.shift();
  }
}

function firstOf(model: Model, group: string): ModelJob | undefined {
  const [first] = inState(model, "waiting")
    .filter((job) => job.limits?.group?.key === group && job.blockedAt === undefined && !job.isSuspect)
    .sort(byPlace);
  return first;
}

function turnOf(model: Model, name: string): Model["turns"][number] {
  const known = model.turns.find((turn) => turn.name === name);
  if (known !== undefined) return known;
  const turn = { name, at: model.turnNow, weight: 1 };
  model.turns.push(turn);
  return turn;
}
