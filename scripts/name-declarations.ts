/**
 * Gives what the chunks of the declarations export its own name. The bundler shortens it, and messages of the compiler
 * would then say `import("…/taskora").a9`.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";

/** `type Job as J`, or `Job`: what is there, and what it is called outside. */
const NAME = /^(type )?([\w$]+)(?: as ([\w$]+))?$/;
/** A list of exports or imports, with the file it is from. */
const LIST = /^(export|import) (type )?\{([^}]*)\}(?: from '([^']+)')?;/gm;

/** Rewrites every declaration file of a folder, in place. */
function nameDeclarations(dir: string): void {
  const files = readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.d\.c?ts$/.test(file),
  );
  const texts = new Map(
    files.map((file) => [file.replaceAll("\\", "/"), readFileSync(join(dir, file), "utf8")]),
  );
  const chunks = new Map(
    [...texts].filter(([file]) => isChunk(file)).map(([file, text]) => [file, namesOf(text)]),
  );
  for (const [file, text] of texts) {
    const named = text.replace(LIST, (list, verb: string, type = "", names: string, from?: string) => {
      const chunk =
        from === undefined ? file : posix.join(posix.dirname(file), from.replace(/\.(c?)js$/, ".d.$1ts"));
      const own = chunks.get(chunk);
      if (own === undefined) return list;
      const written = names
        .split(",")
        .map((name) => rename(name.trim(), { own, isChunk: from === undefined }));
      return `${verb} ${type}{ ${written.join(", ")} }${from === undefined ? "" : ` from '${from}'`};`;
    });
    if (named !== text) writeFileSync(join(dir, file), named);
  }
}

/** Entries stand in folders, or are the index; what they share has a hash in its name. */
function isChunk(file: string): boolean {
  return !file.includes("/") && !/^index\.d\.c?ts$/.test(file);
}

/** What a chunk exports: the short name → its own. */
function namesOf(text: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [, verb, , list = "", from] of text.matchAll(LIST)) {
    if (verb !== "export" || from !== undefined) continue;
    for (const name of list.split(",")) {
      const [, , own = "", outside = own] = NAME.exec(name.trim()) ?? [];
      names.set(outside, own);
    }
  }
  return names;
}

function rename(
  name: string,
  { own, isChunk }: { readonly own: ReadonlyMap<string, string>; readonly isChunk: boolean },
): string {
  const [, type = "", there = "", here = there] = NAME.exec(name) ?? [];
  if (isChunk) return `${type}${there}`;
  const full = own.get(there) ?? there;
  return `${type}${full}${full === here ? "" : ` as ${here}`}`;
}

nameDeclarations("dist");
