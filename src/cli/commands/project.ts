import type { ProjectOptions } from "../../../codegen/commands.js";
import type { Terminal } from "../terminal.js";

/** The flag of commands that load a project. */
export interface ConfigFlags {
  readonly config?: string;
}

/** What the generator is asked with; what contracts print while they are loaded goes to people, dimmed. */
export function projectOptions(
  { config }: ConfigFlags,
  terminal: Terminal,
): Pick<ProjectOptions, "configFile" | "onPrint"> {
  return {
    ...(config === undefined ? {} : { configFile: config }),
    onPrint: (text) => terminal.talk(terminal.talkColors.dim(text.trimEnd())),
  };
}
