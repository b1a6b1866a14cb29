import type { Flag, Place, Values } from "./places.js";

/** A completion script for fish, with descriptions. */
export function fishCompletion(places: readonly Place[]): string {
  const valued = places.flatMap(({ flags }) => flags).filter((flag) => flag.values !== undefined);
  const names = [...new Set(valued.flatMap((flag) => flag.names))];
  const paths = places.map(({ path }) => path).filter((path) => path !== "");
  return `# Completion of taskora for fish: taskora completion fish | source
function __taskora_tasks
    set -l folder $PWD
    while not test -d $folder/.taskora/contracts; and test $folder != /
        set folder (path dirname $folder)
    end
    for file in $folder/.taskora/contracts/*.json
        path change-extension '' (path basename $file)
    end
end
function __taskora_at
    set -l place ''
    set -l is_value 0
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        if test $is_value = 1
            set is_value 0
        else if contains -- $word ${names.join(" ")}
            set is_value 1
        else
            set -l longer (string trim -- "$place $word")
            contains -- $longer ${paths.map(quoted).join(" ")}; and set place $longer
        end
    end
    test "$place" = "$argv[1]"
end
complete -c taskora -f
${places.flatMap(placeLines).join("\n")}
`;
}

function placeLines({ path, commands, flags, values }: Place): readonly string[] {
  const at = `complete -c taskora -n ${quoted(`__taskora_at '${path}'`)}`;
  return [
    ...commands.map(({ name, description }) => `${at} -a ${quoted(name)} -d ${quoted(description)}`),
    ...(values === undefined ? [] : [`${at} ${offer(values)}`.trimEnd()]),
    ...flags.map((flag) => `${at} ${spellings(flag)} -d ${quoted(flag.description)}`),
  ];
}

function spellings({ names, values }: Flag): string {
  const written = names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  if (values === undefined) return written.join(" ");
  return `${written.join(" ")} ${values.kind === "files" ? "-r" : "-x"} ${offer(values)}`.trimEnd();
}

function offer(values: Values): string {
  switch (values.kind) {
    case "words":
      return `-a ${quoted(values.words.join(" "))}`;
    case "files":
      return "-F";
    case "folders":
      return "-a '(__fish_complete_directories)'";
    case "tasks":
      return "-a '(__taskora_tasks)'";
    case "anything":
      return "";
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
