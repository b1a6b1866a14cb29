/**
 * Stores a job in a folder of PGlite, says `stored`, and waits to be killed; or says with which code that failed. Arguments: the
 * folder, and the file of PGlite to use in place of the package.
 */
import { createTaskora, TaskoraError } from "taskora";
import { postgresAdapter } from "taskora/postgres";

const [folder = "", file] = process.argv.slice(2);

async function pglite() {
  if (file === undefined) return folder;
  const { PGlite } = await import(file);
  return new PGlite(folder);
}

const app = createTaskora({
  adapter: postgresAdapter({ pglite: await pglite(), deadline: "60s" }),
  logger: false,
});
try {
  await app.register({ name: "kept", version: 1 }).dispatch("before the kill");
  process.stdout.write("stored\n");
  setInterval(() => undefined, 1 << 30);
} catch (error) {
  process.stdout.write(`${error instanceof TaskoraError ? error.code : error}\n`);
}
