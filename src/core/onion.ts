/** One layer: it runs what is inside it by `next`, once at most, and not at all to skip it. */
type Layer<Context> = (ctx: Context, next: () => Promise<void>) => Promise<void> | void;

/** What an onion is made of. */
export interface Onion<Context> {
  /** The first is the outermost. */
  readonly layers: readonly Layer<Context>[];
  readonly ctx: Context;
  readonly core: () => Promise<void>;
  /** What a second `next()` of one layer gives; it may throw. `first` is what the first one gave. */
  readonly again: (first: Promise<void>) => Promise<void>;
}

/**
 * Runs the layers around the core. Ends when all of it has ended, so a layer that calls `next()` without waiting for it
 * neither hides how the inside ends nor leaves a rejection that nobody handles.
 */
export function runOnion<Context>(onion: Onion<Context>): Promise<void> {
  return runFrom(onion, 0);
}

async function runFrom<Context>(onion: Onion<Context>, index: number): Promise<void> {
  const layer = onion.layers[index];
  if (layer === undefined) return onion.core();
  let inside: Promise<void> | undefined;
  let hasEnded = false;
  let ending: Promise<void> | undefined;
  const next = (): Promise<void> => {
    if (inside !== undefined) return onion.again(inside);
    inside = runFrom(onion, index + 1);
    const ended = () => {
      hasEnded = true;
    };
    ending = inside.then(ended, ended);
    return inside;
  };
  let isAhead = false;
  try {
    await layer(onion.ctx, next);
  } finally {
    isAhead = inside !== undefined && !hasEnded;
    await ending;
  }
  if (isAhead) await inside;
}
