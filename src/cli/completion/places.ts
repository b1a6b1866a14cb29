import type { Argument, Command, Option } from "commander";

/** What may be typed where a value is expected. */
export type Values =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "files" | "folders" | "tasks" | "anything" };

/** A flag of a place, with all its spellings. */
export interface Flag {
  readonly names: readonly string[];
  readonly description: string;
  /** Undefined: it takes no value. */
  readonly values: Values | undefined;
  readonly isVariadic: boolean;
}

/** A place in the command line: after `taskora`, or after the name of a command. */
export interface Place {
  /** `""` for the program itself, `jobs retry` two levels down. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly flags: readonly Flag[];
  /** Of its first argument. */
  readonly values: Values | undefined;
}

/** What stands for a placeholder such as `<format>`, by its name. */
export type Words = Readonly<Record<string, readonly string[]>>;

/** Every place of a command line, the program first. */
export function placesOf(program: Command, words: Words): readonly Place[] {
  const visit = (command: Command, path: string): readonly Place[] => [
    placeOf(command, { path, program, words }),
    ...command.commands.flatMap((child) =>
      visit(child, path === "" ? child.name() : `${path} ${child.name()}`),
    ),
  ];
  return visit(program, "");
}

interface Surroundings {
  readonly path: string;
  readonly program: Command;
  readonly words: Words;
}

function placeOf(command: Command, { path, program, words }: Surroundings): Place {
  const options = command === program ? command.options : [...command.options, ...program.options];
  const [argument] = command.registeredArguments;
  const helpFlag: Flag = {
    names: ["--help", "-h"],
    description: "show help",
    values: undefined,
    isVariadic: false,
  };
  return {
    path,
    commands: command.commands.map((child) => ({ name: child.name(), description: child.description() })),
    flags: [
      ...options
        .filter(({ long, hidden }) => long !== undefined && !hidden)
        .map((option) => flagOf(option, words)),
      helpFlag,
    ],
    values: argument === undefined ? undefined : valuesOf(argument, words),
  };
}

function flagOf(option: Option, words: Words): Flag {
  const names = [option.long, option.short].filter((name) => name !== undefined);
  const takesValue = option.required || option.optional;
  const placeholder = /[<[]([\w-]+)/.exec(option.flags)?.[1] ?? "";
  return {
    names,
    description: option.description,
    values: takesValue ? named(placeholder, words) : undefined,
    isVariadic: option.variadic,
  };
}

function valuesOf(argument: Argument, words: Words): Values {
  return named(argument.name(), words);
}

function named(placeholder: string, words: Words): Values {
  const known = words[placeholder];
  if (known !== undefined) return { kind: "words", words: known };
  return { kind: KINDS[placeholder] ?? "anything" };
}

const KINDS: Readonly<Record<string, "files" | "folders" | "tasks">> = {
  file: "files",
  folder: "folders",
  source: "folders",
  task: "tasks",
};

/** Flags that are completed alike, in the order in which they come first. */
export function groupFlags(
  places: readonly Place[],
  offer: (values: Values | undefined) => string,
): readonly (readonly [string, readonly string[]])[] {
  const groups = new Map<string, string[]>();
  for (const { key, flag } of places.flatMap(valuedFlags)) {
    const text = offer(flag.values);
    groups.set(text, [...(groups.get(text) ?? []), key]);
  }
  return [...groups];
}

/** The ways in which flags that take a value are written at a place: `diff --format`. */
export function valuedFlags(place: Place): readonly { readonly key: string; readonly flag: Flag }[] {
  return place.flags
    .filter((flag) => flag.values !== undefined)
    .flatMap((flag) => flag.names.map((name) => ({ key: `${place.path} ${name}`, flag })));
}
