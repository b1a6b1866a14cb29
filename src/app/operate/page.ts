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
