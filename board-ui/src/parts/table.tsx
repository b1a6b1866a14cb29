/**
 * A table of many rows, of which only those near the screen are in the page. It is a real table, and it is walked by keys:
 * `j` and `k` move, `Enter` opens, `x` chooses, `A` chooses all.
 */
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { go } from "../core/router.js";
import { type KeyAction, useKeys } from "../shell/keys.js";
import { Empty } from "./empty.js";

export interface Column<Row> {
  readonly key: string;
  readonly head: ComponentChildren;
  readonly cell: (row: Row) => ComponentChildren;
  /** Numbers stand at the end. */
  readonly align?: "end" | undefined;
  /** Shown only where the window is as wide: 700, 1 000 or 1 250 px. Default: always. */
  readonly from?: "m" | "l" | "xl" | undefined;
  /** CSS of the width, such as `8ch`. Columns without share what is left. */
  readonly width?: string | undefined;
  /** What is read out for the column where its head is a sign. */
  readonly label?: string | undefined;
  /** Text that may be cut off. */
  readonly isLong?: boolean | undefined;
}

export interface TableProps<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** What the table is of, for those who do not see it. */
  readonly caption: string;
  /** Where a row leads. */
  readonly open?: ((row: Row) => string) | undefined;
  /** Keys of rows that are chosen. Without it none can be. */
  readonly chosen?: Signal<ReadonlySet<string>> | undefined;
  /** Shown where there are no rows. */
  readonly empty?: ComponentChildren;
  /** A class for a row, such as `is-failing`. */
  readonly mark?: ((row: Row) => string | undefined) | undefined;
}

/** As high as a row is in the style sheet. */
const ROW_PX = 28;
/** Fewer rows are all in the page. */
const MOST_PLAIN = 50;
const SPARE_ROWS = 4;

export function Table<Row>(props: TableProps<Row>) {
  const { rows, columns, rowKey, caption, chosen, empty } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const cursor = useSignal(-1);
  const [from, to] = useWindow(body, rows.length);
  useKeys(tableKeys(props, { cursor, body }));
  if (rows.length === 0) return <>{empty ?? <Empty>Nothing here.</Empty>}</>;
  return (
    <table class="rows" aria-rowcount={rows.length + 1}>
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr aria-rowindex={1}>
          {chosen && (
            <th scope="col" class="tick">
              <AllTick rows={rows} rowKey={rowKey} chosen={chosen} />
            </th>
          )}
          {columns.map((column) => (
            <th key={column.key} scope="col" class={classOf(column)} style={widthOf(column)}>
              {column.label === undefined ? column.head : <abbr title={column.label}>{column.head}</abbr>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        <Spacer rows={from} columns={columns.length + 1} />
        {rows.slice(from, to).map((row, nth) => (
          <TableRow
            key={rowKey(row)}
            row={row}
            nth={from + nth}
            table={props}
            isAtCursor={cursor.value === from + nth}
          />
        ))}
        <Spacer rows={rows.length - to} columns={columns.length + 1} />
      </tbody>
    </table>
  );
}

interface TableRowProps<Row> {
  readonly row: Row;
  readonly nth: number;
  readonly table: TableProps<Row>;
  readonly isAtCursor: boolean;
}

function TableRow<Row>({ row, nth, table, isAtCursor }: TableRowProps<Row>) {
  const { columns, rowKey, open, chosen, mark } = table;
  const key = rowKey(row);
  const isChosen = chosen?.value.has(key) ?? false;
  const classes = [isAtCursor ? "is-at" : "", isChosen ? "is-chosen" : "", mark?.(row) ?? ""];
  return (
    <tr aria-rowindex={nth + 2} class={classes.filter(Boolean).join(" ")} data-nth={nth}>
      {chosen && (
        <td class="tick">
          <input
            type="checkbox"
            aria-label={`Choose ${key}`}
            checked={isChosen}
            onChange={() => toggle(chosen, key)}
          />
        </td>
      )}
      {columns.map((column, at) => (
        <td key={column.key} class={classOf(column)}>
          {at === 0 && open !== undefined ? <a href={open(row)}>{column.cell(row)}</a> : column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

function AllTick<Row>(props: {
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly chosen: Signal<ReadonlySet<string>>;
}) {
  const { rows, rowKey, chosen } = props;
  const isAll = rows.every((row) => chosen.value.has(rowKey(row)));
  return (
    <input
      type="checkbox"
      aria-label="Choose all that are shown"
      checked={isAll}
      onChange={() => {
        chosen.value = isAll ? new Set() : new Set(rows.map(rowKey));
      }}
    />
  );
}

function Spacer({ rows, columns }: { readonly rows: number; readonly columns: number }) {
  if (rows <= 0) return null;
  return (
    <tr class="spacer" aria-hidden="true">
      <td colSpan={columns} style={{ height: `${rows * ROW_PX}px` }} />
    </tr>
  );
}

function classOf<Row>({ align, from, isLong }: Column<Row>): string {
  return [align === "end" ? "end" : "", from === undefined ? "" : `from-${from}`, isLong ? "long" : ""]
    .filter(Boolean)
    .join(" ");
}

function widthOf<Row>({ width }: Column<Row>): { width?: string } {
  return width === undefined ? {} : { width };
}

export function toggle(chosen: Signal<ReadonlySet<string>>, key: string): void {
  const next = new Set(chosen.value);
  if (!next.delete(key)) next.add(key);
  chosen.value = next;
}

interface TablePlace {
  readonly cursor: Signal<number>;
  readonly body: { readonly current: HTMLElement | null };
}

function tableKeys<Row>(table: TableProps<Row>, { cursor, body }: TablePlace): readonly KeyAction[] {
  const { rows, rowKey, open, chosen } = table;
  const move = (by: number) => {
    if (rows.length === 0) return false;
    cursor.value = Math.max(0, Math.min(rows.length - 1, cursor.value + by));
    reveal(body.current, cursor.value);
    return true;
  };
  const row = rows[cursor.value];
  const keys: KeyAction[] = [
    { keys: "j", does: "Next row", run: () => move(1) },
    { keys: "k", does: "Row before", run: () => move(-1) },
  ];
  if (open !== undefined)
    keys.push({ keys: "Enter", does: "Open the row", run: () => row !== undefined && go(open(row)) });
  if (chosen === undefined) return keys;
  const clear = () => {
    if (chosen.value.size === 0) return false;
    chosen.value = new Set();
    return true;
  };
  return [
    ...keys,
    { keys: "x", does: "Choose the row", run: () => row !== undefined && toggle(chosen, rowKey(row)) },
    {
      keys: "A",
      does: "Choose all rows",
      run: () => {
        chosen.value = new Set(rows.map(rowKey));
      },
    },
    { keys: "Escape", does: "Choose none", run: clear },
  ];
}

function reveal(body: HTMLElement | null, nth: number): void {
  if (body === null) return;
  const top = body.getBoundingClientRect().top + window.scrollY + nth * ROW_PX;
  const view = { from: window.scrollY + 96, to: window.scrollY + window.innerHeight - 2 * ROW_PX };
  if (top < view.from) window.scrollTo(0, top - 96);
  else if (top > view.to) window.scrollTo(0, top - window.innerHeight + 3 * ROW_PX);
}

/** Which rows are near the screen, as the page scrolls. */
function useWindow(body: { readonly current: HTMLElement | null }, length: number): [number, number] {
  const seen = useSignal<readonly [number, number]>([0, MOST_PLAIN]);
  const isPlain = length <= MOST_PLAIN;
  useEffect(() => {
    if (isPlain) return;
    const look = () => {
      if (body.current === null) return;
      const { top } = body.current.getBoundingClientRect();
      const first = Math.floor(-top / ROW_PX) - SPARE_ROWS;
      const last = Math.ceil((window.innerHeight - top) / ROW_PX) + SPARE_ROWS;
      const [from, to] = [Math.max(0, first - (first % 4)), last + (4 - (last % 4))];
      if (from !== seen.peek()[0] || to !== seen.peek()[1]) seen.value = [from, to];
    };
    look();
    window.addEventListener("scroll", look, { passive: true });
    window.addEventListener("resize", look);
    return () => {
      window.removeEventListener("scroll", look);
      window.removeEventListener("resize", look);
    };
  }, [isPlain]);
  if (isPlain) return [0, length];
  const [from, to] = seen.value;
  const last = Math.min(length, Math.max(to, SPARE_ROWS));
  return [Math.min(from, Math.max(0, last - 1)), last];
}
