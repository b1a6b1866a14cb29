/** Names that a task has in generated code. */
export interface TaskIdentifiers {
  /** Property and variable: `emailSend`. */
  readonly camel: string;
  /** Prefix of types: `EmailSend`. */
  readonly pascal: string;
}

/** Words that cannot name a variable in a module, and two that would hide what a module always has. */
const RESERVED = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export " +
    "extends false finally for function if implements import in instanceof interface let new null package " +
    "private protected public return static super switch this throw true try typeof undefined var void while " +
    "with yield"
  ).split(" "),
);

/**
 * Turns a task name into identifiers: `email.send` becomes `emailSend` and `EmailSend`. A reserved word gets
 * `Task` behind it, so `delete` becomes `deleteTask` and `DeleteTask`.
 */
export function taskIdentifiers(taskName: string): TaskIdentifiers {
  const words = taskName.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const plain = words.map(capitalize).join("");
  const pascal = RESERVED.has(uncapitalize(plain)) ? `${plain}Task` : plain;
  return { camel: uncapitalize(pascal), pascal };
}

/** Makes a type name of any text: `line-item` becomes `LineItem`; `""` where no letter or digit is in it. */
export function pascalCase(text: string): string {
  const joined = text
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "")
    .map(capitalize)
    .join("");
  return /^\d/.test(joined) ? `N${joined}` : joined;
}

/**
 * Groups of task names that become one identifier, as `a.b-c` and `a.b.c` do; sorted, empty when all is well.
 * Case is not looked at: two identifiers that differ in nothing else would share a file on some disks.
 */
export function identifierClashes(taskNames: readonly string[]): readonly (readonly string[])[] {
  const byIdentifier = new Map<string, string[]>();
  for (const name of [...taskNames].sort()) {
    const key = taskIdentifiers(name).camel.toLowerCase();
    byIdentifier.set(key, [...(byIdentifier.get(key) ?? []), name]);
  }
  return [...byIdentifier.values()].filter((names) => names.length > 1);
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function uncapitalize(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1);
}
