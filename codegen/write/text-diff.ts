/** Larger inputs are not compared line by line, only their ends. */
const MAX_CELLS = 4_000_000;
const MAX_SHOWN = 40;

/** A line-by-line difference: lines of `before` marked `-`, of `after` marked `+`, without unchanged lines far off. */
export function textDiff(before: string, after: string): string {
  const a = before.split(/\r?\n/);
  const b = after.split(/\r?\n/);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const lines = nearChanges(middleDiff(a.slice(start, endA), b.slice(start, endB)));
  const shown = lines.slice(0, MAX_SHOWN);
  if (lines.length > shown.length) shown.push(`… ${lines.length - shown.length} more lines`);
  return [
    `@@ line ${start + 1} @@`,
    ...context(a, start - 2, start),
    ...shown,
    ...context(a, endA, endA + 2),
  ].join("\n");
}

function context(lines: readonly string[], from: number, to: number): string[] {
  return lines.slice(Math.max(0, from), to).map((line) => `  ${line}`);
}

/** Of unchanged lines one beside each change, and a mark where more are left out. */
function nearChanges(lines: readonly string[]): string[] {
  const isChange = (index: number) => /^[-+]/.test(lines[index] ?? "");
  const isNear = (index: number) => [index - 1, index, index + 1].some(isChange);
  return lines.flatMap((line, index) => {
    if (isNear(index)) return [line];
    return isNear(index - 1) ? ["  …"] : [];
  });
}

function middleDiff(a: readonly string[], b: readonly string[]): string[] {
  if (a.length * b.length > MAX_CELLS) {
    return [...a.map((line) => `- ${line}`), ...b.map((line) => `+ ${line}`)];
  }
  const lengths = commonLengths(a, b);
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`  ${a[i]}`);
      i++;
      j++;
    } else if (i < a.length && (j === b.length || at(lengths, i + 1, j) >= at(lengths, i, j + 1))) {
      lines.push(`- ${a[i++]}`);
    } else {
      lines.push(`+ ${b[j++]}`);
    }
  }
  return lines;
}

/** Length of the longest common subsequence of the rests of `a` and `b`. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint32Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    const row = rows[i];
    for (let j = b.length - 1; row !== undefined && j >= 0; j--) {
      row[j] = a[i] === b[j] ? at(rows, i + 1, j + 1) + 1 : Math.max(at(rows, i + 1, j), at(rows, i, j + 1));
    }
  }
  return rows;
}

function at(rows: readonly Uint32Array[], i: number, j: number): number {
  return rows[i]?.[j] ?? 0;
}
