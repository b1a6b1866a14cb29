/** How far a zone is ahead of UTC at a moment, in ms; 0 where nobody knows. */
export function aheadOf(at: number, timeZone: string): number {
  try {
    const text = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).format(at);
    const [, sign, hours, minutes] = /GMT([+-])(\d+):(\d+)/.exec(text) ?? [];
    return (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  } catch {
    return 0;
  }
}
