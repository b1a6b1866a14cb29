import { spawnSync } from "node:child_process";
import { chownSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestRunner } from "vitest";

/** A file system with little room. */
export interface SmallDisk {
  readonly path: string;
  /** Gives it room for this many MB in all. */
  grow(megabytes: number): void;
  /** To be called when nobody has a file of it open any more. */
  remove(): Promise<void>;
}

/** One in memory, which only root may make: where it cannot be made, the running test is skipped and says so. */
export async function smallDisk(
  megabytes: number,
  owner: { readonly uid: number; readonly gid: number },
): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), "taskora-disk-"));
  const mount = (...options: readonly string[]) =>
    spawnSync("mount", ["-t", "tmpfs", ...options, "tmpfs", path]).status === 0;
  if (!mount("-o", `size=${megabytes}m`)) {
    await rm(path, { recursive: true });
    TestRunner.getCurrentTest()?.context.skip("needs root that may mount a tmpfs");
  }
  chownSync(path, owner.uid, owner.gid);
  return {
    path,
    grow: (size) => void mount("-o", `remount,size=${size}m`),
    remove: async () => {
      spawnSync("umount", [path]);
      await rm(path, { recursive: true });
    },
  };
}
