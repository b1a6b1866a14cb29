/** Workflows, with their graphs. */

import { WORKFLOW_STATES } from "../../app/handles/workflow-handle.js";
import type { WorkflowInfo } from "../../app/workflows/workflow-list.js";
import type { WorkflowDetails } from "../api.js";
import { withCriticalPath } from "../critical-path.js";
import { BoardFailure, json } from "../http/answer.js";
import { several, word } from "../http/fields.js";
import { type BoardRequest, type Route, route } from "../http/route.js";
import { readWorkflowGraph } from "../workflow-graph.js";
import { PAGE, REASON, said } from "./shared-fields.js";

/** Every call about workflows. */
export const WORKFLOW_ROUTES: readonly Route[] = [
  route({
    ...{ method: "GET", path: "/workflows", role: "viewer", answers: "WorkflowPage" },
    query: {
      ...PAGE,
      state: several(word("Those in a state; may be given several times.", WORKFLOW_STATES), 10),
    },
    summary: "Workflows state by state, without their results.",
    handle: listWorkflows,
  }),
  route({
    ...{ method: "GET", path: "/workflows/:id", role: "viewer", query: {}, answers: "Workflow" },
    summary: "One workflow with its steps and what each waits for.",
    handle: (request) => seenWorkflow(request),
  }),
  route({
    ...{ method: "POST", path: "/workflows/:id/cancel", role: "operator", action: "workflow.cancel" },
    ...{ query: {}, body: REASON, answers: "ChangeResult" },
    summary: "Ends it and all its steps.",
    async handle(request) {
      const { id } = await changedWorkflow(request, "workflow.cancel");
      const result = await request.app.workflows.handle(id).cancel(said(request));
      return result.status === "missing" ? undefined : json(result, result.status === "refused" ? 409 : 200);
    },
  }),
  route({
    ...{ method: "POST", path: "/workflows/:id/resume", role: "operator", action: "workflow.resume" },
    ...{ query: {}, body: REASON, answers: "ChangeResult" },
    summary: "Runs a failed one again, without what had completed.",
    async handle(request) {
      const { id } = await changedWorkflow(request, "workflow.resume");
      const { status, ...rest } = await request.app.workflows.handle(id).resume(said(request));
      if (status === "missing") return undefined;
      return "state" in rest ? json({ status, state: rest.state }, 409) : json({ status });
    },
  }),
];

async function listWorkflows(request: BoardRequest) {
  const { app, asked } = request;
  const { items, cursor } = await app.workflows.list(asked);
  const shown: Omit<WorkflowInfo, "result">[] = [];
  for (const { result: _result, ...workflow } of items) {
    if (await isTheirs(request, workflow.id)) shown.push(workflow);
  }
  return { items: shown, ...(cursor === undefined ? {} : { cursor }) };
}

/** Whether every step is of a task that they see. Where none is stored any more, nobody knows what it was about. */
async function isTheirs({ app, rights, user }: BoardRequest, id: string): Promise<boolean> {
  if (rights.seesAll) return true;
  const steps = await app.workflows.handle(id).getSteps();
  return steps.length === 0 ? user.tasks === undefined : steps.every(({ task }) => rights.sees(task));
}

/** @throws {BoardFailure} there is none, or a step of it is of a task that they do not see */
async function seenWorkflow(request: BoardRequest): Promise<WorkflowDetails> {
  const { app, params } = request;
  const id = params.id ?? "";
  const workflow = await app.workflows.get(id);
  if (workflow !== undefined && (await isTheirs(request, id)))
    return { ...workflow, steps: await withCriticalPath(app, await readWorkflowGraph(app, id)) };
  throw new BoardFailure(404, "BOARD_NOT_FOUND", { message: `There is no workflow ${id}.` });
}

async function changedWorkflow(request: BoardRequest, action: string): Promise<WorkflowInfo> {
  const workflow = await seenWorkflow(request);
  for (const task of new Set(workflow.steps.flatMap(({ task }) => task ?? [])))
    request.rights.requireAction(action, task);
  return workflow;
}
