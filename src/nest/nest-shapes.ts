/** The shapes of Nest that this entry gives and takes, so that its types need no package either. */

/** A class that Nest makes instances of. */
// biome-ignore lint/complexity/noBannedTypes: Nest's own type of a class is a Function.
export type NestClass = Function & (new (...given: unknown[]) => object);

/** What a provider is asked for by. */
// biome-ignore lint/complexity/noBannedTypes: Nest takes any function as a name.
export type NestToken = string | symbol | Function;

/** A provider that a function makes. */
export interface NestFactory {
  /** What it is asked for by. */
  readonly provide: NestToken;
  /** Makes it, of what is injected. */
  useFactory(...given: unknown[]): unknown;
  /** What is injected. Default: nothing. */
  inject?: NestToken[];
}

/** A module made with options: Nest takes it where it takes its `DynamicModule`. */
export interface NestModule {
  /** The class that it is named after. */
  readonly module: NestClass;
  /** Whether every module sees what it exports. */
  global?: boolean;
  /** Modules whose exports its providers may ask for. */
  imports?: NestClass[];
  /** What answers requests. */
  controllers?: NestClass[];
  /** What it makes. */
  providers?: NestFactory[];
  /** What other modules may ask for. */
  exports?: NestToken[];
}
