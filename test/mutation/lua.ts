/**
 * `npm run mutation -- lua [NUMBER…]`: makes each fault of `lua-edits.ts`, one at a time, and runs the conformance cases
 * on Redis with scripts that hold it. Nothing of the checkout is changed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { compileScripts, readLuaFiles } from "../../scripts/build-lua.js";
import { startRedis } from "../../scripts/redis.js";
import { LUA_EDITS, type LuaEdit } from "./lua-edits.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const OUT = join(ROOT, ".vitest/mutation/lua");
const TIMEOUT_MS = 600_000;
const REQUIRE =
  'import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire(import.meta.url);';

/** `useless`: the edit no longer fits the file, or makes a script that is none; it has to be written anew. */
interface Outcome {
  readonly kind: "noticed" | "survived" | "useless";
  /** The case that noticed it, or what is wrong with the edit. */
  readonly by: string;
}

/**
 * Tries all edits, or those whose place among them, from 1 on, is given.
 *
 * @returns the exit code: 1 when an edit no longer applies
 */
export async function tryLuaEdits(only: ReadonlySet<number> | undefined): Promise<number> {
  mkdirSync(OUT, { recursive: true });
  const redis = await startRedis();
  const counts = { noticed: 0, survived: 0, useless: 0 };
  try {
    const failing = await failingCase(redis.url, readLuaFiles(), "");
    if (failing !== undefined) throw new Error(`Without any change this fails already: ${failing}`);
    for (const [index, edit] of LUA_EDITS.entries()) {
      if (only !== undefined && !only.has(index + 1)) continue;
      const { kind, by } = await tryEdit(redis.url, edit);
      counts[kind] += 1;
      process.stdout.write(`${index + 1} ${kind}: ${edit.lost} (${edit.file})\n    ${by}\n`);
    }
  } finally {
    await redis.stop();
    rmSync(OUT, { recursive: true, force: true });
  }
  const tried = counts.noticed + counts.survived;
  const share = ((100 * counts.noticed) / Math.max(1, tried)).toFixed(1);
  process.stdout.write(
    `lua: ${counts.noticed} of ${tried} noticed (${share} %), ${counts.useless} edits no longer apply\n`,
  );
  return counts.useless > 0 ? 1 : 0;
}

async function tryEdit(url: string, { file, from, to, first }: LuaEdit): Promise<Outcome> {
  const files = new Map(readLuaFiles());
  const places = (files.get(file) ?? "").split(from).length - 1;
  if (places !== 1) {
    return {
      kind: "useless",
      by: `no longer applies: ${file} holds ${JSON.stringify(from)} ${places} times`,
    };
  }
  files.set(
    file,
    (files.get(file) ?? "").replace(from, () => to),
  );
  try {
    const failing = await failingCase(url, files, first);
    return failing === undefined
      ? { kind: "survived", by: "by all cases" }
      : { kind: "noticed", by: failing };
  } catch (error) {
    return { kind: "useless", by: `cannot be built: ${String(error)}` };
  }
}

/** What the first case says that fails with these scripts; undefined when all pass. */
async function failingCase(
  url: string,
  files: ReadonlyMap<string, string>,
  first: string,
): Promise<string | undefined> {
  const scripts = compileScripts(files);
  const outfile = join(OUT, "conformance.mjs");
  await build({
    absWorkingDir: ROOT,
    entryPoints: ["test/mutation/lua-conformance.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["ioredis", "zod"],
    banner: { js: REQUIRE },
    logLevel: "warning",
    plugins: [
      {
        name: "changed scripts",
        setup: (it) =>
          it.onLoad({ filter: /scripts\.generated\.ts$/ }, () => ({ contents: scripts, loader: "ts" })),
      },
    ],
  });
  const child = spawn(process.execPath, [outfile, first], {
    env: { ...process.env, REDIS_URL: url },
    stdio: ["ignore", "pipe", "inherit"],
    timeout: TIMEOUT_MS,
  });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return code === 0 ? undefined : said.trim() || `ended with ${code}`;
}
