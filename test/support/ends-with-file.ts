/** What the files of one process share while they run, and ends with each of them. */
const ends: (() => Promise<unknown>)[] = [];

/** `end` is called once the file that runs now is done. */
export function endsWithFile(end: () => Promise<unknown>): void {
  ends.push(end);
}

/** Ends what was begun since it was called last. */
export async function endAll(): Promise<void> {
  await Promise.all(ends.splice(0).map((end) => end()));
}
