import { spawnSync } from "node:child_process";
import { chownSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Client } from "pg";
import { type ErrorCode, TaskoraError } from "taskora/adapter";
import { postgresAdapter, postgresMigration } from "taskora/postgres";
import { afterEach, describe, expect, it } from "vitest";
import { aJob } from "../../../src/testing/conformance/stage.js";
import {
  ownPostgres,
  type PostgresServer,
  runSql,
  sharedPostgres,
  uniqueSchema,
} from "../../support/postgres-server.js";

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

describe("a server of a team", { timeout: 60_000 }, () => {
  let server: PostgresServer | undefined;

  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  /** Starts one, whose files the test changes. */
  async function own(): Promise<{ readonly url: string; readonly directory: string }> {
    server = await ownPostgres();
    return { url: server.url, directory: server.directory ?? "" };
  }

  it("refuses a wrong password, and takes the right one from a function", async () => {
    const { url, directory } = await own();
    await runSql(
      url,
      "create role shop login password 'right' createrole; grant all on database postgres to shop",
    );
    writeFileSync(
      join(directory, "pg_hba.conf"),
      "host all shop 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n",
    );
    await runSql(url, "select pg_reload_conf()");
    const as = (password: string | (() => Promise<string>)) => ({
      url: url.replace("postgres@", "shop@"),
      password,
    });
    await expect.poll(() => refusal(as("wrong")).catch(() => undefined)).toBeDefined();
    const { code, message } = await refusal(as("wrong"));
    expect(code).toBe("STORE_AUTH");
    expect(message).toMatch(
      /refused the connection.*password authentication failed.*Give the user and password/s,
    );
    expect(message).not.toContain("wrong");
    const adapter = postgresAdapter(as(async () => "right"));
    await adapter.connect();
    await adapter.close();
  });

  it("speaks TLS to those who trust its certificate, and to no other", async () => {
    const { url, directory } = await own();
    const [key, certificate] = [join(directory, "server.key"), join(directory, "server.crt")];
    const files = ["-nodes", "-newkey", "rsa:2048", "-keyout", key, "-out", certificate];
    const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const made = spawnSync("openssl", ["req", "-x509", "-days", "2", ...files, ...names]);
    expect(made.status, String(made.stderr)).toBe(0);
    for (const file of [key, certificate]) chownSync(file, statSync(directory).uid, statSync(directory).gid);
    await runSql(url, "alter system set ssl = on");
    await runSql(url, "select pg_reload_conf()");
    await expect.poll(async () => (await runSql(url, "show ssl"))[0]).toEqual({ ssl: "on" });
    const { code, message } = await refusal({ url: `${url}?sslmode=verify-full` });
    expect(code).toBe("STORE_AUTH");
    expect(message).toMatch(/certificate that is not trusted.*ssl: \{ ca \}/s);
    const adapter = postgresAdapter({
      url: `${url}?sslmode=disable`,
      host: "localhost",
      database: "postgres",
      ssl: { ca: readFileSync(certificate, "utf8") },
    });
    await adapter.connect();
    const said =
      "select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'taskora'";
    const found = await runSql(url, said);
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter(({ ssl }) => ssl !== true)).toEqual([]);
    await adapter.close();
  });

  it("is a standby", async () => {
    const { url, directory } = await own();
    writeFileSync(join(directory, "standby.signal"), "");
    await server?.restart?.();
    const { code, message } = await refusal({ url, deadline: 300 });
    expect(code).toBe("STORE_UNAVAILABLE");
    expect(message).toMatch(/is a standby and takes no writes.*primary/s);
  });

  it("ends statements that take longer than its limit, which is said, and nothing is stored by halves", async () => {
    const { url } = await own();
    const adapter = postgresAdapter({ url, schema: "taskora" });
    await adapter.connect();
    await runSql(url, "alter database postgres set statement_timeout = '200ms'");
    const late = postgresAdapter({ url, schema: "taskora", deadline: "5s" });
    await late.connect();
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query("begin; lock table taskora.job in exclusive mode");
    const refused = await late.insert([aJob("a")]).catch((error: TaskoraError) => error);
    expect(refused).toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringMatching(/ran for too long.*statement_timeout/s),
    });
    await client.query("rollback");
    await client.end();
    expect(await adapter.read([aJob("a")])).toEqual([undefined]);
    expect(await late.insert([aJob("a")])).toMatchObject([{ status: "inserted" }]);
    await Promise.all([adapter.close(), late.close()]);
  });
});

describe("the character U+0000", () => {
  it("is kept in payloads and keys, and refused in ids", async () => {
    const { url } = await sharedPostgres();
    const schema = uniqueSchema();
    const adapter = postgresAdapter({ url, schema, migrate: true });
    await adapter.connect();
    const replies = await adapter.insert([aJob({ id: "a", payload: "x\u0000y" }), aJob({ id: "b\u0000" })]);
    expect(replies.map(({ status }) => status)).toEqual(["inserted", "refused"]);
    const [a, b] = await adapter.read([aJob("a"), aJob({ id: "b\u0000" })]);
    expect([a?.payload, b]).toEqual(["x\u0000y", undefined]);
    const keys = ["k\u0000", "k\ufffd", "k\u0001", "k\u00010", "k\u0000"];
    const keyed = await adapter.insert(
      keys.map((key, n) => aJob({ id: `k${n}`, limits: { unique: { key } } })),
    );
    expect(keyed.map(({ status }) => status)).toEqual([...keys.slice(1).map(() => "inserted"), "duplicate"]);
    expect(keyed.at(-1)).toMatchObject({ id: "k0" });
    const [k0] = await adapter.insert([aJob({ id: "k0", limits: { unique: { key: "k\u0000" } } })]);
    expect(k0?.status).toBe("inserted");
    await adapter.close();
    await runSql(url, `drop schema ${schema} cascade`);
  });
});
