/** The flag of commands that show what is in jobs. */
export interface RevealFlags {
  readonly reveal?: true;
}

/** What a contract calls sensitive is hidden unless somebody asks for it. */
export function sensitiveOf({ reveal }: RevealFlags): { readonly sensitive: "shown" | "hidden" } {
  return { sensitive: reveal === true ? "shown" : "hidden" };
}
