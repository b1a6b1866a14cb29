import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { sharedPostgres } from "../../support/postgres-server.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Runs what opens `npm test`. */
function requirePostgres(url: string) {
  const env = { ...process.env, DATABASE_URL: url };
  const child = spawn(process.execPath, ["--import", "tsx", "scripts/require-postgres.ts"], {
    cwd: ROOT,
    env,
  });
  let said = "";
  child.stderr.on("data", (data: Buffer) => {
    said += data.toString();
  });
  return new Promise<{ code: number | null; said: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, said }));
  });
}

describe("what opens npm test", () => {
  it("is content with DATABASE_URL when a server answers there", async () => {
    const { url } = await sharedPostgres();
    expect(await requirePostgres(url)).toEqual({ code: 0, said: "" });
  });

  it("names an address where none answers, without its password", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const { code, said } = await requirePostgres(`postgres://ada:secret@127.0.0.1:${port}/shop`);
    expect(code).toBe(1);
    expect(said).toContain(`No PostgreSQL answers at DATABASE_URL=postgres://127.0.0.1:${port}/shop: `);
    expect(said).not.toContain("secret");
  });
});
