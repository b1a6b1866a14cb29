import { loadCompiler } from "../source/parse.js";

/** Module system of printed JavaScript. */
export type JsFormat = "esm" | "cjs";

/** One module as JavaScript and its declarations. */
export interface TranspiledModule {
  readonly js: string;
  readonly declarations: string;
}

/** Generated modules stay the same from run to run of a watcher, and most do from change to change. */
const transpiled = new Map<string, TranspiledModule>();
const MAX_REMEMBERED = 5_000;

/** Turns a generated TypeScript module into JavaScript and declarations; no types are looked up. */
export function transpile(text: string, format: JsFormat): TranspiledModule {
  const key = `${format} ${text}`;
  const known = transpiled.get(key);
  if (known !== undefined) return known;
  if (transpiled.size >= MAX_REMEMBERED) transpiled.clear();
  const made = transpileNow(text, format);
  transpiled.set(key, made);
  return made;
}

function transpileNow(text: string, format: JsFormat): TranspiledModule {
  const ts = loadCompiler();
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: format === "esm" ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS,
    isolatedDeclarations: true,
    declaration: true,
  };
  const js = ts.transpileModule(text, { compilerOptions, fileName: "module.ts" }).outputText;
  const declarations = ts.transpileDeclaration(text, { compilerOptions, fileName: "module.ts" }).outputText;
  return { js, declarations };
}
