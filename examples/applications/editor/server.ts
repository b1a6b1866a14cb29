/** The endpoints of the editor: `POST /spell` answers with a result, `POST /review` streams words as they come. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { TimeoutError } from "taskora";
import type { Editor } from "./app.js";

type Route = (editor: Editor, request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An HTTP server over the application; it does not listen yet. */
export function serve(editor: Editor): Server {
  const routes: Readonly<Record<string, Route>> = { "POST /spell": spell, "POST /review": review };
  return createServer((request, response) => {
    const route = routes[`${request.method} ${request.url}`] ?? nothing;
    route(editor, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(error instanceof TimeoutError ? 504 : 500).end();
    });
  });
}

async function nothing(_editor: Editor, _request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(404).end();
}

/** The user waits: the job's result is the answer. */
async function spell(
  { spelling }: Editor,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const job = spelling.dispatch(await text(request));
  const misspelt = await job.waitFor("5s");
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(misspelt));
}

/** Words are told as they come, and each paragraph as it is ready, whatever their order. Closing the editor cancels the rest. */
async function review(
  { reviews }: Editor,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const paragraphs = (await text(request)).split("\n\n");
  const jobs = await reviews.dispatchMany(paragraphs);
  response.once("close", () => {
    for (const job of jobs) void job.cancel({ reason: "the editor was closed" });
  });
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.flushHeaders();
  const tell = (message: object) => response.write(`data: ${JSON.stringify(message)}\n\n`);
  const told = jobs.map(async (job, paragraph) => {
    // An attempt that fails takes back nothing, so the page begins the paragraph anew when the attempt rises.
    for await (const { value, attempt } of job.messages()) tell({ paragraph, attempt, words: value.words });
    tell(
      await job.result.then(
        (suggestion) => ({ paragraph, suggestion }),
        (error: Error) => ({ paragraph, error: error.message }),
      ),
    );
  });
  await Promise.all(told);
  response.end();
}
