import { OptionError } from "../../core/errors.js";
import { describe } from "../../core/options.js";

/** One page of a list; give `cursor` to the next call for what follows. */
export interface Page<T> {
  /** In the order of the list; fewer than the limit do not mean that it is the last page. */
  readonly items: readonly T[];
  /** Undefined: this is the last page. */
  readonly cursor?: string;
}

/**
 * A list that was asked for. `await` reads one page; `for await` goes through all of them, from the cursor on that was given,
 * and reads the next page when it is needed. Nothing is read before one of both.
 */
export interface Listing<T> extends Promise<Page<T>>, AsyncIterable<T> {}

/** Reads the page that begins at a cursor; undefined: the first one. */
export type PageReader<T> = (cursor: string | undefined) => Promise<Page<T>>;

/** Makes the list behind a reader of pages. */
export function listing<T>(read: PageReader<T>, cursor?: string): Listing<T> {
  return new LazyListing(read, cursor);
}

class LazyListing<T> implements Listing<T> {
  readonly [Symbol.toStringTag] = "Listing";
  readonly #read: PageReader<T>;
  readonly #from: string | undefined;
  #first: Promise<Page<T>> | undefined;

  constructor(read: PageReader<T>, from: string | undefined) {
    this.#read = read;
    this.#from = from;
  }

  get #page(): Promise<Page<T>> {
    this.#first ??= this.#read(this.#from);
    return this.#first;
  }

  // biome-ignore lint/suspicious/noThenProperty: a list is awaited for its page, and gone through for all of them
  then<A = Page<T>, B = never>(
    onPage?: ((page: Page<T>) => A | PromiseLike<A>) | null,
    onFailed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#page.then(onPage, onFailed);
  }

  catch<B = never>(onFailed?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<Page<T> | B> {
    return this.#page.catch(onFailed);
  }

  finally(onEnd?: (() => void) | null): Promise<Page<T>> {
    return this.#page.finally(onEnd);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (let page = await this.#page; ; page = await this.#read(page.cursor)) {
      yield* page.items;
      if (page.cursor === undefined) return;
    }
  }
}

/** A page without the key of a cursor that is not there. */
export function pageOf<T>(items: readonly T[], cursor: string | undefined): Page<T> {
  return cursor === undefined ? { items } : { items, cursor };
}

/** Where an item stands in a list that is read whole: by the first number that differs, else by the name. */
export interface Place {
  readonly at: readonly number[];
  /** Unique among the items. */
  readonly name: string;
}

/**
 * A page of items that are read whole, in the order of their places. A cursor is the place of the last one, so that it holds
 * when that one is gone.
 *
 * @throws {OptionError} when the cursor is not one of a page before
 */
export function placedPage<T>(
  items: readonly T[],
  placeOf: (item: T) => Place,
  { cursor, limit }: { readonly cursor: string | undefined; readonly limit: number },
): Page<T> {
  const from = cursor === undefined ? undefined : readPlace(cursor);
  const left = items
    .map((item) => ({ item, place: placeOf(item) }))
    .filter(({ place }) => from === undefined || comparePlaces(place, from) > 0)
    .sort((a, b) => comparePlaces(a.place, b.place));
  const page = left.slice(0, limit);
  const last = left.length > limit ? page.at(-1)?.place : undefined;
  return pageOf(
    page.map(({ item }) => item),
    last && `${last.at.join(",")} ${last.name}`,
  );
}

function comparePlaces(a: Place, b: Place): number {
  const nth = a.at.findIndex((number, index) => number !== b.at[index]);
  if (nth >= 0) return (a.at[nth] ?? 0) - (b.at[nth] ?? 0);
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

function readPlace(cursor: string): Place {
  const [, at, name] = /^(-?\d+(?:,-?\d+)*) (.+)$/s.exec(cursor) ?? [];
  if (at !== undefined && name !== undefined) return { at: at.split(",").map(Number), name };
  throw unknownCursor(cursor);
}

/** What to throw for a cursor that no page of this list gave. */
export function unknownCursor(cursor: string): OptionError {
  return new OptionError(`expected cursor to come from a page before, got ${describe(cursor)}`, {
    option: "cursor",
  });
}
