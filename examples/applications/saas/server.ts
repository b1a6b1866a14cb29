/** The endpoints: imports for users, schedules that they switch on and off, dead letters for operators. */
import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { type Duration, TaskoraError } from "taskora";
import { importInput, type Saas } from "./app.js";

interface Request {
  /** What follows the first part of the path: a tenant, or a job's id. */
  readonly name: string;
  readonly body: unknown;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Route = (request: Request) => Promise<Answer>;

function routesOf({ taskora, imports }: Saas): Readonly<Record<string, Route>> {
  const scheduleOf = (tenant: string): string => `import:${tenant}`;
  return {
    "POST imports": async ({ body }) => {
      const data = importInput.parse(body);
      return { status: 202, body: await imports.dispatch(data, { group: data.tenant }) };
    },
    "GET imports": async ({ name }) => found(await imports.job(name).get()),
    "PUT schedules": async ({ name, body }) => {
      const { every } = body as { readonly every: Duration };
      const data = { tenant: name, file: "nightly.csv" };
      const schedule = await taskora.schedules.upsert(scheduleOf(name), {
        task: imports,
        lane: "nightly",
        data,
        every,
      });
      return found(await schedule.get());
    },
    "GET lanes": async () => {
      const lanes = await imports.lanes.list();
      const counts = lanes.map(async (lane) => [lane, await taskora.jobs.count({ task: imports, lane })]);
      return found(Object.fromEntries(await Promise.all(counts)));
    },
    "PUT lanes": async ({ name }) => done(await imports.lane(name).resume({ by: "an operator" })),
    "DELETE lanes": async ({ name }) => done(await imports.lane(name).pause({ by: "an operator" })),
    "GET schedules": async ({ name }) => found(await taskora.schedules.get(scheduleOf(name))),
    "DELETE schedules": async ({ name }) =>
      done(await taskora.schedules.remove(scheduleOf(name), { by: name })),
    "GET dead-letters": async () => {
      const { items } = await taskora.jobs.list({ task: imports, state: "failed" });
      return found(
        items.map(({ id, data, attempt, error }) => ({ id, data, attempt, error: error?.message })),
      );
    },
    "POST dead-letters": async ({ name }) =>
      name === ""
        ? found(await taskora.jobs.retryAll({ task: imports, perSecond: 50, by: "an operator" }))
        : done(await imports.job(name).retry({ by: "an operator" })),
    "DELETE dead-letters": async ({ name }) => done(await imports.job(name).remove({ by: "an operator" })),
  };
}

function found(value: unknown): Answer {
  return value === undefined ? { status: 404, body: null } : { status: 200, body: value };
}

/** Every change answers with a status; one switch is enough for all of them. */
function done(result: { readonly status: string }): Answer {
  const status = { missing: 404, refused: 409 }[result.status] ?? 200;
  return { status, body: result };
}

/** Errors that the caller can mend: what a schema refuses, and what taskora refuses by a code. */
function refusal(error: unknown): Answer {
  if (error instanceof TaskoraError) {
    const status = error.code === "STORE_UNAVAILABLE" ? 503 : 400;
    return { status, body: { code: error.code, message: error.message } };
  }
  if (error instanceof Error && error.name === "ZodError")
    return { status: 400, body: { message: error.message } };
  throw error;
}

/** An HTTP server over the application; it does not listen yet. */
export function serve(saas: Saas): Server {
  const routes = routesOf(saas);
  return createServer(async (request, response) => {
    const [, first = "", name = ""] = decodeURIComponent(request.url ?? "").split("/");
    const route = routes[`${request.method} ${first}`];
    const content = await text(request);
    const answer =
      route === undefined
        ? { status: 404, body: null }
        : await route({ name, body: content === "" ? undefined : JSON.parse(content) }).catch(refusal);
    response
      .writeHead(answer.status, { "content-type": "application/json" })
      .end(JSON.stringify(answer.body));
  });
}
