import { existsSync, readFileSync } from "node:fs";
import type { ProjectContract } from "../load/load-project.js";
import { importClosure } from "./import-chain.js";

/** A brand leaves nothing in the schema at run time, and an enum its plain values. */
const BRAND = /\.brand\s*[<(]|\$brand\b/;
const ENUM = /\benum\s+\w+\s*\{/;
/** An enum after TypeScript has compiled it. */
const COMPILED_ENUM = /\|\|\s*\((?:exports\.)?\w+\s*=\s*(?:exports\.\w+\s*=\s*)?\{\}\)\)/;

const known = new WeakMap<ProjectContract, boolean>();

/**
 * Whether the source of a contract, or what it imports by relative paths, makes types that its schema does not
 * know of. Written out, the payload would be less than what the contract says.
 */
export function hasOwnTypes(contract: ProjectContract): boolean {
  const found = known.get(contract) ?? [...importClosure([contract.source.file])].some(makesTypes);
  known.set(contract, found);
  return found;
}

function makesTypes(file: string): boolean {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return BRAND.test(text) || ENUM.test(text) || COMPILED_ENUM.test(text);
}
