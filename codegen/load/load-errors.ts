import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { TaskoraError } from "../../src/core/errors.js";
import { errorFinding, type Finding, type SourcePosition } from "../finding.js";
import { packageFrame, userFrame } from "./stack.js";

/** esbuild counts columns from 0. */
const TRANSFORM_ERROR = /^(\/.*|[A-Za-z]:.*):(\d+):(\d+): ERROR: (.*)$/m;
const MISSING_MODULE = /^Cannot find (?:module|package) '([^']+)'(?: imported from (\S+))?/;

/** What was being loaded when an error came up. */
export interface LoadSite {
  readonly root: string;
  readonly file: string;
  readonly role: "config" | "contract";
}

/** Turns whatever a module threw into a finding with its place. */
export function loadErrorFinding(thrown: unknown, site: LoadSite): Finding {
  const error =
    thrown instanceof Error ? thrown : new Error(`a ${typeof thrown} was thrown: ${String(thrown)}`);
  const name = relative(site.root, site.file);
  const code = site.role === "config" ? "CONFIG_THREW" : "CONTRACT_THREW";
  const syntax = TRANSFORM_ERROR.exec(error.message);
  if (syntax !== null) {
    const at = { file: syntax[1] ?? site.file, line: Number(syntax[2]), column: Number(syntax[3]) + 1 };
    return errorFinding(code, {
      message: `${name} cannot be read: ${syntax[4] ?? error.message}.`,
      hint: "Correct the syntax and run taskora generate again.",
      at,
    });
  }
  const missing = MISSING_MODULE.exec(error.message);
  if (missing?.[1] !== undefined) return missingModule(missing[1], missing[2] ?? site.file, site);
  return thrownFinding(error, { ...site, name, code });
}

function thrownFinding(
  error: Error,
  site: LoadSite & { readonly name: string; readonly code: "CONFIG_THREW" | "CONTRACT_THREW" },
): Finding {
  const at = userFrame(error.stack ?? "") ?? { file: site.file, line: 1, column: 1 };
  if (error instanceof TaskoraError || isTaskoraCode(error)) {
    const isName = (error as { code?: unknown }).code === "NAME_INVALID";
    return errorFinding(isName ? "TASK_NAME_INVALID" : site.code, {
      message: `${site.name} defines a contract that is refused: ${endWithDot(error.message)}`,
      hint: "Correct it and run taskora generate again.",
      at,
    });
  }
  const thrower = packageFrame(error.stack ?? "");
  return errorFinding(site.code, {
    message: `Loading ${site.name} threw ${error.name}: ${endWithDot(error.message)}`,
    hint:
      "Contract files are loaded without your service around them: keep them free of code that needs " +
      "settings, files or a network. Then run taskora generate again.",
    at,
    importChain: at.file === site.file ? [at.file] : [site.file, at.file],
    ...(thrower === undefined ? {} : { details: `thrown inside the package ${thrower}` }),
  });
}

/** Errors of a second copy of taskora are no instances of our class. */
function isTaskoraCode(error: Error): boolean {
  return /^(NAME|OPTION|DURATION|CONTRACT)_[A-Z]+$/.test(String((error as { code?: unknown }).code));
}

/** What npm takes as a name; an import that begins otherwise is an alias of somebody's tsconfig. */
const PACKAGE_NAME = /^(@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/i;

function missingModule(wanted: string, importer: string, site: LoadSite): Finding {
  const at = positionOf(importer, wanted) ?? { file: importer, line: 1, column: 1 };
  const isPath = wanted.startsWith("/") || wanted.startsWith(".") || /^[A-Za-z]:/.test(wanted);
  if (!isPath) {
    const name = wanted
      .split("/")
      .slice(0, wanted.startsWith("@") ? 2 : 1)
      .join("/");
    if (!PACKAGE_NAME.test(name)) {
      return errorFinding("DEPENDENCY_MISSING", {
        message: `${relative(site.root, importer)} imports "${wanted}", which is neither a file nor a package.`,
        hint:
          'Put the alias into "paths" of the tsconfig.json beside taskora.config.ts, the only one that is read while ' +
          "loading, or import the file by its relative path. Then run taskora generate again.",
        at,
      });
    }
    return errorFinding("DEPENDENCY_MISSING", {
      message: `${relative(site.root, importer)} imports "${wanted}", which is not installed.`,
      hint: `Install it with npm i ${name} and run taskora generate again.`,
      at,
    });
  }
  return errorFinding(site.role === "config" ? "CONFIG_THREW" : "CONTRACT_THREW", {
    message: `${relative(site.root, importer)} imports ${relative(site.root, wanted)}, which does not exist.`,
    hint: "Correct the import and run taskora generate again.",
    at,
  });
}

/** Where a file mentions the module it could not import. */
function positionOf(file: string, wanted: string): SourcePosition | undefined {
  if (!existsSync(file)) return undefined;
  const base =
    wanted
      .split("/")
      .at(-1)
      ?.replace(/\.[cm]?[jt]sx?$/, "") ?? wanted;
  const lines = readFileSync(file, "utf8").split(/\r?\n/);
  const index = lines.findIndex((line) => /\b(from|import|require)\b/.test(line) && line.includes(base));
  const line = lines[index];
  if (line === undefined) return undefined;
  const column = line.search(/["'](?=[^"']*["'])/) + 1;
  return { file, line: index + 1, column: Math.max(1, column) };
}

function endWithDot(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
