/** Who changes something, and why. */
export interface SaidFlags {
  readonly reason?: string;
  readonly by?: string;
}

/** What of them was given, as the library takes it. */
export function saidIn({ reason, by }: SaidFlags): SaidFlags {
  return { ...(reason === undefined ? {} : { reason }), ...(by === undefined ? {} : { by }) };
}
