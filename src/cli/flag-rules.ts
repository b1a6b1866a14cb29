import type { Command } from "commander";

/** Refuses flags that would be dropped without a word: each key needs the flag that is its value. */
export function needs(command: Command, partners: Readonly<Record<string, string>>): void {
  command.hook("preAction", () => {
    for (const [name, partner] of Object.entries(partners)) {
      if (isGiven(command, name) && !isGiven(command, partner)) {
        command.error(`error: ${flag(command, name)} needs ${flag(command, partner)}`);
      }
    }
  });
}

/** Refuses two flags that contradict each other, and says why. */
export function excludes(command: Command, pair: readonly [string, string], why: string): void {
  command.hook("preAction", () => {
    if (!pair.every((name) => isGiven(command, name))) return;
    const [one, other] = pair.map((name) => flag(command, name));
    command.error(`error: ${one} and ${other} do not go together: ${why}`);
  });
}

function isGiven(command: Command, name: string): boolean {
  return command.getOptionValueSourceWithGlobals(name) === "cli";
}

function flag(command: Command, name: string): string {
  const all = [...command.options, ...(command.parent?.options ?? [])];
  return all.find((option) => option.attributeName() === name)?.long ?? `--${name}`;
}
