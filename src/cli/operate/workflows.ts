import type { StepSnapshot, WorkflowInfo, WorkflowListQuery } from "taskora";
import type { Finding } from "../../../codegen/commands.js";
import { lengthText, plain } from "../../core/words.js";
import { type Context, type Outcome, refusal } from "../outcome.js";
import { confirm } from "./confirm.js";
import { stateCell } from "./job-columns.js";
import { now } from "./now.js";
import { type SaidFlags, saidIn } from "./said.js";
import { type OperateFlags, withApp } from "./store-app.js";
import { pairLines, tableLines } from "./table.js";
import { momentText, sinceText, troubleText, valueText } from "./text.js";

/** The flags of `taskora workflows list`. */
export interface WorkflowsListFlags extends OperateFlags {
  readonly state?: readonly string[];
  readonly limit: number;
}

/** The flags of commands about one workflow. */
export interface WorkflowFlags extends OperateFlags, SaidFlags {
  readonly workflow: string;
  readonly yes?: true;
}

/** Runs `taskora workflows list`. */
export async function runWorkflowsList(flags: WorkflowsListFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async ({ app, terminal }) => {
    const workflows: WorkflowInfo[] = [];
    const state = flags.state as WorkflowListQuery["state"];
    let cursor: string | undefined;
    do {
      const limit = Math.min(1000, flags.limit - workflows.length);
      const page = await app.workflows.list({ ...(state === undefined ? {} : { state }), limit, cursor });
      workflows.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined && workflows.length < flags.limit);
    const show = () => {
      if (workflows.length === 0) return terminal.talk("No workflow fits.");
      for (const line of tableLines(COLUMNS, workflows.map(rowOf), terminal)) terminal.out(line);
      if (cursor !== undefined)
        terminal.talk(terminal.talkColors.dim(`The first ${flags.limit}; --limit shows more.`));
    };
    return {
      exitCode: 0,
      data: { workflows, ...(cursor === undefined ? {} : { cursor }) },
      findings: [],
      show,
    };
  });
}

const COLUMNS = [
  { title: "ID" },
  { title: "STATE" },
  { title: "AGE", align: "right" as const },
  { title: "TOOK", align: "right" as const },
  { title: "ERROR OR RESULT", isCut: true as const },
];

function rowOf(workflow: WorkflowInfo) {
  const { id, state, enqueuedAt, finishedAt, result } = workflow;
  const took = finishedAt === undefined ? "" : lengthText(finishedAt - enqueuedAt);
  return [
    plain(id),
    stateCell(state),
    sinceText(enqueuedAt, now()),
    took,
    troubleText(workflow) || valueText(result),
  ];
}

/** Runs `taskora workflows get ID`: the workflow and its steps. */
export async function runWorkflowsGet(flags: WorkflowFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async ({ app, terminal }) => {
    const [workflow, steps] = await Promise.all([
      app.workflows.get(flags.workflow),
      app.workflows.handle(flags.workflow).getSteps(),
    ]);
    if (workflow === undefined) return workflowUnknown(flags.workflow, context);
    const show = () => {
      for (const line of pairLines(pairsOf(workflow), terminal)) terminal.out(line);
      terminal.out("");
      for (const line of tableLines(STEP_COLUMNS, steps.map(stepOf), terminal)) terminal.out(line);
    };
    return { exitCode: 0, data: { workflow, steps }, findings: [], show };
  });
}

function pairsOf(workflow: WorkflowInfo): readonly (readonly [string, string])[] {
  const { id, state, enqueuedAt, finishedAt, result } = workflow;
  const pairs: readonly (readonly [string, string])[] = [
    ["id", plain(id)],
    ["state", state],
    ["dispatched", momentText(enqueuedAt)],
    ["finished", finishedAt === undefined ? "" : momentText(finishedAt)],
    ["error", troubleText(workflow)],
    ["result", valueText(result)],
  ];
  return pairs.filter(([, value]) => value !== "");
}

const STEP_COLUMNS = [
  { title: "STEP", align: "right" as const },
  { title: "TASK", isCut: true as const },
  { title: "STATE" },
  { title: "JOB" },
  { title: "ERROR", isCut: true as const },
];

function stepOf({ node, task, state, jobId = "", error }: StepSnapshot) {
  return [
    String(node),
    plain(task),
    stateCell(state),
    plain(jobId),
    troubleText(error === undefined ? {} : { error }),
  ];
}

function workflowUnknown(id: string, context: Context): Outcome {
  const message = `The store holds no workflow with the id ${id}.`;
  const hint = "It may have been pruned. taskora workflows shows what there is.";
  return refusal({ code: "WORKFLOW_UNKNOWN", message, hint }, context);
}

/** Runs `taskora workflows cancel|resume ID`. */
export async function runWorkflowsChange(
  verb: "cancel" | "resume",
  flags: WorkflowFlags,
  context: Context,
): Promise<Outcome> {
  return withApp(flags, context, async (operation) => {
    const { app, terminal } = operation;
    const { workflow: id } = flags;
    const said = saidIn(flags);
    if ((await app.workflows.get(id)) === undefined) return workflowUnknown(id, context);
    const question = `Cancel the workflow ${id} with all its steps?`;
    const declined = verb === "cancel" ? await confirm({ question, yes: flags.yes }, operation) : undefined;
    if (declined !== undefined) return declined;
    const result = await app.workflows.handle(id)[verb](said);
    if (result.status === "missing") return workflowUnknown(id, context);
    const findings: Finding[] = [];
    if (result.status === "refused") {
      const message = `Workflow ${id} is ${result.state}, which does not allow it.`;
      const hint = "taskora workflows get shows where it stands.";
      findings.push({ code: "CHANGE_REFUSED", severity: "error", message, hint });
    }
    const state = result.status === "refused" ? { state: result.state } : {};
    const show = () => {
      if (result.status === "refused") terminal.complain(findings[0]?.message ?? "");
      else terminal.out(`${plain(id)} ${verb === "cancel" ? "cancelled" : "resumed"}`);
    };
    const exitCode = operation.codegen.exitCodeFor(findings);
    return {
      exitCode,
      data: { action: verb, workflow: id, status: result.status, ...state },
      findings,
      show,
    };
  });
}
