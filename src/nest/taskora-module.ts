/** The app of taskora in an application of Nest: made, injected, started and closed with it. */
import { createTaskora } from "../app/app.js";
import { isApp } from "../app/app-internals.js";
import type { TaskoraOptions } from "../app/options.js";
import { type CloseOptions, type StartOptions, startOption } from "../app/process-options.js";
import type { Taskora } from "../app/taskora.js";
import { aFunction, anything, listOf, trueOrFalse } from "../core/checks.js";
import { parseDuration } from "../core/duration.js";
import { type Check, optionSet, required } from "../core/options.js";
import { implementHandlers } from "./handlers.js";
import { type Discovery, nestCommon, nestCore } from "./nest-parts.js";
import type { NestClass, NestFactory, NestModule, NestToken } from "./nest-shapes.js";

/** What the app is asked for by; {@link InjectTaskora} writes it. */
export const TASKORA: unique symbol = Symbol.for("taskora.nest.app");

/** Makes typed clients for an app: what the generator writes as `createClient`. */
export type CreateClient<Client = object> = (taskora: Taskora) => Client;

/** How an application uses its app. */
export interface TaskoraModuleSettings {
  /** `createClient` of generated code, each of which {@link InjectClient} then asks for. Default: none. */
  readonly clients?: readonly CreateClient[] | undefined;
  /**
   * Whether the application works on jobs once it has started, and on which. False: it connects and dispatches only, and its
   * handlers rest. Default true: on every task that has a handler.
   */
  readonly start?: boolean | StartOptions | undefined;
  /** How long active handlers may take to end when the application closes. Default `"30s"`. */
  readonly timeout?: CloseOptions["timeout"];
  /** Whether every module may ask for the app and its clients. Default true. */
  readonly isGlobal?: boolean | undefined;
}

/** An app, and how it is used. */
export interface TaskoraModuleOptions extends TaskoraModuleSettings {
  /** An app that was made before, or what `createTaskora()` makes one of. The application closes it either way. */
  readonly taskora: Taskora | TaskoraOptions;
}

/** The same, where the app depends on other providers. */
export interface TaskoraModuleAsyncOptions extends TaskoraModuleSettings {
  /** Modules that export what is injected. Default: none. */
  readonly imports?: readonly unknown[] | undefined;
  /** What `useFactory` gets. Default: nothing. */
  readonly inject?: readonly unknown[] | undefined;
  /** Gives an app, or the options of one. */
  readonly useFactory: (...given: never[]) => Taskora | TaskoraOptions | Promise<Taskora | TaskoraOptions>;
}

const SETTINGS = {
  clients: listOf(aFunction<CreateClient>()),
  start: startOption,
  timeout: parseDuration,
  isGlobal: trueOrFalse,
} satisfies { readonly [Key in keyof Required<TaskoraModuleSettings>]: Check<unknown> };
const ROOT = optionSet({ ...SETTINGS, taskora: required(anything as Check<Taskora | TaskoraOptions>) });
const ASYNC = optionSet({
  ...SETTINGS,
  imports: listOf(anything),
  inject: listOf(anything),
  useFactory: required(aFunction<TaskoraModuleAsyncOptions["useFactory"]>()),
});

/** Keeps an app as long as its application runs: Nest calls these by their names. */
class TaskoraLife {
  readonly #taskora: Taskora;
  readonly #discovery: Discovery;
  readonly #settings: TaskoraModuleSettings;

  constructor(
    taskora: Taskora,
    { discovery, settings }: { readonly discovery: Discovery; readonly settings: TaskoraModuleSettings },
  ) {
    this.#taskora = taskora;
    this.#discovery = discovery;
    this.#settings = settings;
  }

  /** Everything is made by now, whatever module it is in. */
  async onApplicationBootstrap(): Promise<void> {
    const { start = true } = this.#settings;
    implementHandlers(this.#taskora, this.#discovery);
    if (start === false) await this.#taskora.connect();
    else await this.#taskora.start(start === true ? {} : start);
  }

  /** What handlers use may be closed after this, in `onApplicationShutdown`. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#taskora.close({ timeout: this.#settings.timeout });
  }
}

/** Makes an app part of an application of Nest. */
// biome-ignore lint/complexity/noStaticOnlyClass: Nest names modules by classes.
export class TaskoraModule {
  /**
   * Makes the app as the application is made, gives it the methods that {@link TaskHandler} marks, starts it with the application
   * and closes it with it. Nest closes on signals only after `app.enableShutdownHooks()`.
   *
   * @throws {OptionError} on an unknown option ("did you mean")
   */
  static forRoot(options: TaskoraModuleOptions): NestModule {
    const { taskora, ...settings } = ROOT.read(options, "TaskoraModule.forRoot()");
    return moduleOf(settings, { imports: [], app: { provide: TASKORA, useFactory: () => appOf(taskora) } });
  }

  /**
   * The same, with options that depend on other providers, such as a configuration.
   *
   * @throws {OptionError} on an unknown option ("did you mean")
   */
  static forRootAsync(options: TaskoraModuleAsyncOptions): NestModule {
    const {
      imports = [],
      inject = [],
      useFactory,
      ...settings
    } = ASYNC.read(options, "TaskoraModule.forRootAsync()");
    const app: NestFactory = {
      provide: TASKORA,
      inject: inject as NestToken[],
      useFactory: async (...given) => appOf(await useFactory(...(given as never[]))),
    };
    return moduleOf(settings, { imports: imports as readonly NestClass[], app });
  }
}

function appOf(taskora: Taskora | TaskoraOptions): Taskora {
  return isApp(taskora) ? (taskora as Taskora) : createTaskora(taskora);
}

function moduleOf(
  settings: TaskoraModuleSettings,
  { imports, app }: { readonly imports: readonly NestClass[]; readonly app: NestFactory },
): NestModule {
  const { DiscoveryModule, DiscoveryService } = nestCore;
  const { clients = [], isGlobal = true } = settings;
  const life: NestFactory = {
    provide: TaskoraLife,
    inject: [TASKORA, DiscoveryService],
    useFactory: (taskora, discovery) =>
      new TaskoraLife(taskora as Taskora, { discovery: discovery as Discovery, settings }),
  };
  const made = clients.map(
    (createClient): NestFactory => ({
      provide: createClient,
      inject: [TASKORA],
      useFactory: (taskora) => createClient(taskora as Taskora),
    }),
  );
  return {
    module: TaskoraModule,
    global: isGlobal,
    imports: [DiscoveryModule, ...imports],
    providers: [app, life, ...made],
    exports: [TASKORA, ...clients],
  };
}

/** A decorator of a parameter of a constructor, or of a property. */
export type InjectDecorator = (target: object, key: string | symbol | undefined, index?: number) => void;

/** Asks for the app: `constructor(@InjectTaskora() private readonly taskora: Taskora)`. */
export function InjectTaskora(): InjectDecorator {
  return nestCommon.Inject(TASKORA);
}

/**
 * Asks for the clients that one of the `clients` of {@link TaskoraModule} makes:
 * `constructor(@InjectClient(createClient) private readonly tasks: TaskClients)`.
 */
export function InjectClient(createClient: CreateClient): InjectDecorator {
  return nestCommon.Inject(createClient);
}
