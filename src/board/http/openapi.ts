/** The document of the API, made from the table of its calls. @see OpenAPI 3.1, https://spec.openapis.org/oas/v3.1.1 */
import type { Fields, JsonSchema } from "./fields.js";
import type { Route } from "./route.js";
import { SCHEMAS } from "./schemas.js";

/** What is said of the whole. */
export interface ApiAbout {
  readonly version: string;
  /** Where the calls are, such as `/jobs/api/v1`. */
  readonly url: string;
}

/** Makes the document. */
export function openApiOf(routes: readonly Route[], { version, url }: ApiAbout): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      ...{ title: "taskora board", version },
      description:
        "What the board's own pages and `taskora --board` use. Times are ms since the epoch on the store's clock, lengths are in ms. Changes need the header X-Taskora-Board: 1.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url }],
    security: [{ session: [] }, { token: [] }, { basic: [] }],
    paths,
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "taskora-board" },
        token: { type: "http", scheme: "bearer" },
        basic: { type: "http", scheme: "basic" },
      },
    },
  };
}

function operationOf(route: Route): JsonSchema {
  const { method, path, role, summary, query = {}, body = {} } = route;
  const named = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) =>
    parameter(name, "path", { type: "string" }, true),
  );
  const asked = Object.entries(query).map(([name, field]) => ({
    ...parameter(name, "query", field.schema, field.isRequired === true),
    description: field.says,
  }));
  const header = method === "GET" ? [] : [parameter("X-Taskora-Board", "header", { const: "1" }, true)];
  const hasBody = Object.keys(body).length > 0;
  return {
    operationId: `${method.toLowerCase()}${path.replace(/\/:?(\w)|[-.](\w)/g, (_, a = "", b = "") => (a + b).toUpperCase())}`,
    summary,
    "x-role": role,
    ...(role === "open" ? { security: [] } : {}),
    ...([...named, ...asked, ...header].length === 0 ? {} : { parameters: [...named, ...asked, ...header] }),
    ...(hasBody ? { requestBody: { required: hasRequired(body), content: json(bodySchema(body)) } } : {}),
    responses: {
      [String(route.status ?? 200)]: answerOf(route),
      ...(path === "/bulk" ? { "202": { description: "It goes on.", content: json(ref("Operation")) } } : {}),
      default: { description: "What went wrong.", content: json(ref("Error")) },
    },
  };
}

function answerOf({ answers, summary }: Route): JsonSchema {
  if (answers !== undefined) return { description: summary, content: json(ref(answers)) };
  return { description: summary, content: { "*/*": {} } };
}

function parameter(name: string, where: "path" | "query" | "header", schema: JsonSchema, required: boolean) {
  return { name, in: where, required, schema };
}

function bodySchema(fields: Fields): JsonSchema {
  const required = Object.keys(fields).filter((name) => fields[name]?.isRequired === true);
  const properties = Object.entries(fields).map(([name, { schema, says }]) => [
    name,
    { ...schema, description: says },
  ]);
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(properties) as JsonSchema,
    ...(required.length === 0 ? {} : { required }),
  };
}

function hasRequired(fields: Fields): boolean {
  return Object.values(fields).some(({ isRequired }) => isRequired === true);
}

function json(schema: JsonSchema): JsonSchema {
  return { "application/json": { schema } };
}

function ref(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}
