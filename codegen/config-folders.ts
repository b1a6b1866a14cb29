import { isAbsolute, relative, resolve, sep } from "node:path";
import type { ResolvedConfig, ResolvedOutput } from "./resolved-config.js";

/** Why a folder of the config is refused, and the key to point at. */
export interface RefusedFolder {
  readonly message: string;
  readonly key: "dir" | "stubs";
}

/** The generator deletes files in its folders, so they must hold nothing else by construction. */
export function findRefusedFolder(config: ResolvedConfig): RefusedFolder | undefined {
  for (const [index, output] of config.outputs.entries()) {
    const name = `outputs[${index}].dir`;
    const refused =
      refuseProject(config, output, name) ??
      refuseContracts(config, output, name) ??
      refuseOverlap(config, index) ??
      refuseStubs(output, index);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

function refuseProject(
  config: ResolvedConfig,
  { dir }: ResolvedOutput,
  name: string,
): RefusedFolder | undefined {
  if (!contains(dir, config.root)) return undefined;
  const message = `${name} is ${show(config, dir)}, which holds the whole project. Name a folder for generated files only.`;
  return { key: "dir", message };
}

/** Contracts anywhere in the project are fine: the output folder is left out when they are looked for. */
function refuseContracts(
  config: ResolvedConfig,
  { dir }: ResolvedOutput,
  name: string,
): RefusedFolder | undefined {
  for (const pattern of config.contracts) {
    const base = resolve(config.root, globBase(pattern));
    const isBelow = base !== config.root && contains(base, dir);
    if (!isBelow && !contains(dir, base)) continue;
    const message =
      `${name} (${show(config, dir)}) and the contracts (${pattern}) share a folder. ` +
      "Generated files would be loaded as contracts. Name another folder.";
    return { key: "dir", message };
  }
  return undefined;
}

function refuseOverlap(config: ResolvedConfig, index: number): RefusedFolder | undefined {
  const dir = config.outputs[index]?.dir ?? "";
  const earlier = config.outputs.slice(0, index);
  const other = earlier.findIndex((output) => contains(output.dir, dir) || contains(dir, output.dir));
  if (other === -1) return undefined;
  const places = `${show(config, dir)}, ${show(config, earlier[other]?.dir ?? "")}`;
  const message =
    `outputs[${index}].dir and outputs[${other}].dir overlap (${places}). ` +
    "Each output needs a folder of its own.";
  return { key: "dir", message };
}

function refuseStubs({ dir, stubs }: ResolvedOutput, index: number): RefusedFolder | undefined {
  if (stubs === undefined || !contains(dir, stubs)) return undefined;
  const message =
    `outputs[${index}].stubs lies in outputs[${index}].dir, whose files belong to the generator; ` +
    "handlers are yours. Put them beside it.";
  return { key: "stubs", message };
}

/** The fixed part of a glob pattern: `contracts/**\/*.ts` → `contracts`. */
export function globBase(pattern: string): string {
  const parts = pattern.replace(/^!/, "").split("/");
  const wild = parts.findIndex((part) => /[*?{}[\]()!]/.test(part));
  const fixed = wild === -1 ? parts.slice(0, -1) : parts.slice(0, wild);
  return fixed.length === 0 ? "." : fixed.join("/");
}

/** Whether `inner` is `outer` or lies in it. */
export function contains(outer: string, inner: string): boolean {
  const path = relative(outer, inner);
  return path === "" || !(path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path));
}

function show(config: ResolvedConfig, path: string): string {
  return relative(config.root, path) || ".";
}
