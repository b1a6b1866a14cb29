import { createServer } from "node:net";
import { type ErrorCode, TaskoraError } from "taskora/adapter";
import { postgresAdapter, postgresMigration } from "taskora/postgres";
import { describe, expect, it } from "vitest";
import { aJob } from "../../../src/testing/conformance/stage.js";
import { runSql, sharedPostgres, uniqueSchema } from "../../support/postgres-server.js";

type Options = Exclude<Parameters<typeof postgresAdapter>[0], string | URL | undefined>;

/** What `connect` fails with; its message says where, why and what to do. */
async function refusal(options: Options): Promise<{ readonly code: ErrorCode; readonly message: string }> {
  const adapter = postgresAdapter(options);
  try {
    await adapter.connect();
  } catch (error) {
    if (error instanceof TaskoraError) return error;
    throw error;
  } finally {
    await adapter.close();
  }
  throw new Error("it connected");
}

/** A role of its own, dropped in the end. */
async function withRole(rights: string, use: (url: string) => Promise<void>): Promise<void> {
  const { url } = await sharedPostgres();
  const role = uniqueSchema();
  await runSql(url, `create role ${role} login ${rights}`);
  try {
    await use(url.replace("postgres@", `${role}@`));
  } finally {
    await runSql(url, `drop role ${role}`);
  }
}

describe("a store that cannot be used", () => {
  it("has no such database", async () => {
    const { url } = await sharedPostgres();
    const { code, message } = await refusal({ url: url.replace(/postgres$/, "nowhere") });
    expect(code).toBe("STORE_UNSUPPORTED");
    expect(message).toMatch(/nowhere.*has no such database.*Create it/s);
  });

  it("is one where nobody listens, which is tried until the deadline", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const { code, message } = await refusal({ host: "127.0.0.1", port, deadline: 100 });
    expect(code).toBe("STORE_UNAVAILABLE");
    expect(message).toContain(`Postgres at 127.0.0.1:${port}`);
  });

  it("has no schema, where none may be made", async () => {
    const { url } = await sharedPostgres();
    const { code, message } = await refusal({ url, schema: uniqueSchema(), migrate: false });
    expect(code).toBe("STORE_FORMAT");
    expect(message).toMatch(/is not there.*taskora migrate --schema.*migrate --sql.*migrate: true/s);
  });

  it("has a schema of a newer version", async () => {
    const { url } = await sharedPostgres();
    const schema = uniqueSchema();
    await runSql(
      url,
      `begin; ${postgresMigration({ schema })} update ${schema}.format set version = 99; commit`,
    );
    const { code, message } = await refusal({ url, schema, migrate: true });
    expect(code).toBe("STORE_FORMAT");
    expect(message).toContain("has format 99");
    await runSql(url, `drop schema ${schema} cascade`);
  });

  it("gives the role no rights", async () => {
    const { url } = await sharedPostgres();
    const schema = uniqueSchema();
    await runSql(url, `begin; ${postgresMigration({ schema })} commit`);
    await withRole("", async (other) => {
      const { code, message } = await refusal({ url: other, schema, migrate: false });
      expect(code).toBe("STORE_AUTH");
      expect(message).toMatch(/does not allow the role.*docs\/postgres.md/s);
    });
    await runSql(url, `drop schema ${schema} cascade`);
  });

  it("may not make a schema for the role", async () => {
    await withRole("", async (url) => {
      expect((await refusal({ url, schema: uniqueSchema(), migrate: true })).code).toBe("STORE_AUTH");
    });
  });

  it("has no room for a connection", async () => {
    await withRole("connection limit 0", async (url) => {
      const { code, message } = await refusal({ url, deadline: 500 });
      expect(code).toBe("STORE_UNAVAILABLE");
      expect(message).toMatch(/no room for another connection.*max_connections/s);
    });
  });
});

describe("the character U+0000", () => {
  it("is kept in payloads, and refused in ids", async () => {
    const { url } = await sharedPostgres();
    const schema = uniqueSchema();
    const adapter = postgresAdapter({ url, schema, migrate: true });
    await adapter.connect();
    const replies = await adapter.insert([aJob({ id: "a", payload: "x\u0000y" }), aJob({ id: "b\u0000" })]);
    expect(replies.map(({ status }) => status)).toEqual(["inserted", "refused"]);
    const [a, b] = await adapter.read([aJob("a"), aJob({ id: "b\u0000" })]);
    expect([a?.payload, b]).toEqual(["x\u0000y", undefined]);
    await adapter.close();
    await runSql(url, `drop schema ${schema} cascade`);
  });
});
