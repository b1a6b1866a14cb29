import { groupFlags, type Place, type Values, valuedFlags } from "./places.js";

/** A completion script for zsh, with descriptions. */
export function zshCompletion(places: readonly Place[]): string {
  const flags = places.flatMap(valuedFlags);
  const paths = places
    .filter(({ path }) => path !== "")
    .map(({ path }) => (path.includes(" ") ? path : ` ${path}`));
  const once = flags.filter(({ flag }) => !flag.isVariadic).map(({ key }) => key);
  const variadic = flags.filter(({ flag }) => flag.isVariadic).map(({ key }) => key);
  return `#compdef taskora
# Completion of taskora for zsh: eval "$(taskora completion zsh)", after compinit
_taskora_tasks() {
  local folder=$PWD
  while [[ ! -d $folder/.taskora/contracts && $folder == */?* ]]; do folder=\${folder%/*}; done
  local -a names
  names=($folder/.taskora/contracts/*.json(N:t:r))
  compadd -a names
}
_taskora() {
  local place= flag= word
  local -a offered
  integer index
  for ((index = 2; index < CURRENT; index++)); do
    word=$words[index]
    if [[ $word == -* ]]; then flag="$place $word"; continue; fi
    case $flag in
${arm(variadic, "continue")}${arm(once, "flag=; continue")}    esac
    flag=
    case "$place $word" in
${arm(paths, `place="\${place:+$place }$word"`)}    esac
  done
  if [[ $words[CURRENT] != -* ]]; then
    case $flag in
${groupFlags(places, offer)
  .map(([text, keys]) => arm(keys, `${text}; return`))
  .join("")}    esac
  fi
  case $place in
${places.map(placeArm).join("")}  esac
}
compdef _taskora taskora
`;
}

function arm(keys: readonly string[], then: string): string {
  return keys.length === 0 ? "" : `      (${keys.map(quoted).join(" | ")}) ${then} ;;\n`;
}

function placeArm({ path, commands, flags, values }: Place): string {
  const described = flags.map(({ names, description }) => entry(names[0] ?? "", description));
  const listed = commands.map(({ name, description }) => entry(name, description));
  const ofFlags = `offered=(${described.join(" ")}); _describe -t flags flag offered`;
  const ofCommands = `offered=(${listed.join(" ")}); _describe -t commands command offered`;
  const first = listed.length > 0 ? ofCommands : values === undefined ? ofFlags : offer(values);
  return `    (${quoted(path)})
      if [[ $words[CURRENT] == -* ]]; then ${ofFlags}
      else ${first}; fi ;;
`;
}

function entry(name: string, description: string): string {
  return quoted(`${name.replaceAll(":", "\\:")}:${description}`);
}

function offer(values: Values | undefined): string {
  switch (values?.kind) {
    case "words":
      return `compadd -- ${values.words.map(quoted).join(" ")}`;
    case "files":
      return "_files";
    case "folders":
      return "_files -/";
    case "tasks":
      return "_taskora_tasks";
    default:
      return "return 1";
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
