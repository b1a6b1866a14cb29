import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, cpus, release, totalmem, type } from "node:os";
import type { Machine } from "./results.js";

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? "unknown",
    cores: all.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().replace(/-.*/, "")} ${arch()}`,
  };
}

/** Of peers that are not called like their package. */
const PACKAGES: Readonly<Record<string, string>> = { "bullmq-postgres": "bullmq", "bare-insert": "pg" };

/** Versions of what takes part. */
export function readVersions(
  peers: readonly string[],
  servers: Readonly<Record<string, string>>,
): Record<string, string> {
  const versions: Record<string, string> = { node: process.versions.node, ...servers };
  for (const peer of peers.filter((name) => name !== "earlier")) {
    const place =
      peer === "taskora" ? "../package.json" : `node_modules/${PACKAGES[peer] ?? peer}/package.json`;
    const text = readFileSync(new URL(place, import.meta.url), "utf8");
    versions[peer] = (JSON.parse(text) as { readonly version: string }).version;
  }
  return versions;
}

/** The commit that is measured, with `+` when files differ from it. */
export function readCommit(): string {
  const cwd = new URL("..", import.meta.url);
  const git = (...args: readonly string[]) => execFileSync("git", args, { cwd, encoding: "utf8" }).trim();
  const isChanged = git("status", "--porcelain", "--", "src") !== "";
  return `${git("rev-parse", "--short", "HEAD")}${isChanged ? "+" : ""}`;
}
