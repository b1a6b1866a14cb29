import { createTaskora } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import { expect, it } from "vitest";
import { startPostgres } from "../../../scripts/postgres.js";
import { runSql } from "../../support/postgres-server.js";

it("a server that npm brings, of the newest version, runs jobs where none is installed", {
  timeout: 180_000,
}, async () => {
  const server = await startPostgres({ embedded: true });
  try {
    const [row] = await runSql(server.url, "show server_version_num");
    expect(Number(row?.server_version_num)).toBeGreaterThanOrEqual(180_000);
    const app = createTaskora({ adapter: postgresAdapter(server.url), logger: false });
    const double = app.task("double", { concurrency: 5, handler: (n: number) => 2 * n });
    await app.start();
    const options = { concurrency: { key: "k", limit: 2 }, group: "g" } as const;
    const results = Array.from(
      { length: 50 },
      (_, n) => double.dispatch(n, n % 2 === 0 ? {} : options).result,
    );
    expect(await Promise.all(results)).toEqual(Array.from({ length: 50 }, (_, n) => 2 * n));
    await app.close();
  } finally {
    await server.stop();
  }
});
