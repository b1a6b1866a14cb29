import { afterAll, describe, expect, it } from "vitest";
import { type TempProject, tempProject } from "../codegen/support/temp-project.js";
import { runSql, sharedPostgres, uniqueSchema } from "../support/postgres-server.js";

const projects: TempProject[] = [];

function project(): TempProject {
  const made = tempProject();
  projects.push(made);
  return made;
}

afterAll(() => {
  for (const each of projects) each.dispose();
});

async function tablesOf(url: string, schema: string): Promise<readonly unknown[]> {
  const rows = await runSql(
    url,
    "select table_name as name from information_schema.tables where table_schema = $1",
    [schema],
  );
  return rows.map(({ name }) => name);
}

describe("taskora migrate", () => {
  it("makes the schema, and says when there is nothing to do, without the password of the url", async () => {
    const { url } = await sharedPostgres();
    const schema = uniqueSchema();
    const secret = new URL(url);
    if (secret.password === "") secret.password = "hunter2";
    const shown = `${secret.protocol}//${secret.host}${secret.pathname}`;
    for (const turn of ["first", "again"]) {
      const { code, stdout, stderr } = await project().taskora(
        ...["migrate", "--store", secret.href, "--schema", schema],
      );
      expect({ turn, code, stderr }).toEqual({ turn, code: 0, stderr: "" });
      expect(stdout).toBe(`✔ The schema ${schema} at ${shown} is up to date.\n`);
    }
    expect(await tablesOf(url, schema)).toContain("job");
    await runSql(url, `drop schema ${schema} cascade`);
  });

  it("prints statements that make the same, for those who run them themselves", async () => {
    const { url } = await sharedPostgres();
    const schema = uniqueSchema();
    const { code, stdout } = await project().taskora("migrate", "--sql", "--schema", schema);
    expect(code).toBe(0);
    await runSql(url, `begin; ${stdout} commit`);
    const printed = await tablesOf(url, schema);
    await runSql(url, `drop schema ${schema} cascade`);
    await project().taskora("migrate", "--store", url, "--schema", schema);
    expect((await tablesOf(url, schema)).toSorted()).toEqual(printed.toSorted());
    await runSql(url, `drop schema ${schema} cascade`);
  });

  it("fails with one finding where it cannot", async () => {
    const unnamed = await project().taskora("migrate", "--store", "redis://localhost:6379", "--json");
    expect(unnamed.code).toBe(2);
    expect(JSON.parse(unnamed.stdout)).toMatchObject({ findings: [{ code: "STORE_UNNAMED" }] });
    const away = new URL((await sharedPostgres()).url);
    away.pathname = "no-such-db";
    const wrong = await project().taskora("migrate", "--store", away.href, "--json");
    expect(wrong.code).toBe(2);
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      findings: [{ code: "MIGRATION_FAILED", message: expect.stringContaining("no-such-db") }],
    });
  });
});
