/** What a script can be passed; text goes out as UTF-8. */
export type ScriptArgument = string | number | Buffer;

/** A compiled Lua script with the types of its arguments and of its reply. */
export interface Script<Args extends readonly ScriptArgument[], Reply> {
  readonly name: string;
  readonly sha1: string;
  readonly text: string;
  /** Never there at run time: carries the types. */
  readonly types?: { readonly args: Args; readonly reply: Reply };
}
