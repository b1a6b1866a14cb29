import { groupFlags, type Place, type Values, valuedFlags } from "./places.js";

/** A completion script for bash 3.2 and newer. It starts no process: tasks are the names of lock files. */
export function bashCompletion(places: readonly Place[]): string {
  const flags = places.flatMap(valuedFlags);
  const paths = places
    .filter(({ path }) => path !== "")
    .map(({ path }) => (path.includes(" ") ? path : ` ${path}`));
  const once = flags.filter(({ flag }) => !flag.isVariadic).map(({ key }) => key);
  const variadic = flags.filter(({ flag }) => flag.isVariadic).map(({ key }) => key);
  return `# Completion of taskora for bash: eval "$(taskora completion bash)"
_taskora_tasks() {
  local folder=$PWD file
  while [[ ! -d $folder/.taskora/contracts && $folder == */?* ]]; do folder=\${folder%/*}; done
  for file in "$folder"/.taskora/contracts/*.json; do
    [[ -e $file ]] || continue
    file=\${file##*/}
    printf '%s\\n' "\${file%.json}"
  done
}
_taskora_offer() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen "$@" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
_taskora() {
  local place= flag= word index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if [[ $word == -* ]]; then flag="$place $word"; continue; fi
    case $flag in
${arm(variadic, "continue")}${arm(once, "flag=; continue")}    esac
    flag=
    case "$place $word" in
${arm(paths, `place="\${place:+$place }$word"`)}    esac
  done
  if [[ \${COMP_WORDS[COMP_CWORD]} != -* ]]; then
    case $flag in
${groupFlags(places, offer)
  .map(([text, keys]) => arm(keys, `${text}; return`))
  .join("")}    esac
  fi
  case $place in
${places.map(placeArm).join("")}  esac
}
complete -F _taskora taskora
`;
}

function arm(keys: readonly string[], then: string): string {
  return keys.length === 0 ? "" : `      ${keys.map(quoted).join(" | ")}) ${then} ;;\n`;
}

function placeArm({ path, commands, flags, values }: Place): string {
  const names = flags.map((flag) => flag.names[0] ?? "");
  const words = commands.map((command) => command.name);
  const first =
    words.length > 0 ? offer({ kind: "words", words }) : offer(values ?? { kind: "words", words: names });
  return `    ${quoted(path)})
      if [[ \${COMP_WORDS[COMP_CWORD]} == -* ]]; then ${offer({ kind: "words", words: names })}
      else ${first}; fi ;;
`;
}

function offer(values: Values | undefined): string {
  switch (values?.kind) {
    case "words":
      return `_taskora_offer -W $'${values.words.join("\\n")}'`;
    case "files":
      return "compopt -o filenames 2>/dev/null; _taskora_offer -f";
    case "folders":
      return "compopt -o filenames 2>/dev/null; _taskora_offer -d";
    case "tasks":
      return '_taskora_offer -W "$(_taskora_tasks)"';
    default:
      return "COMPREPLY=()";
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
