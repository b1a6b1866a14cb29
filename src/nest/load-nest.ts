/** Loads Nest when it is first needed, so that this entry asks for it where it is used and nowhere else. */
import { createRequire } from "node:module";
import { TaskoraError } from "../core/errors.js";
import type { NestClass, NestToken } from "./nest-shapes.js";

type ClassDecorating = (target: NestClass) => void;
type MethodDecorating = (target: object, key: string, descriptor: PropertyDescriptor) => void;
type ParameterDecorating = (target: object, key: string | symbol | undefined, index?: number) => void;

/** What is used of `@nestjs/common`. */
export interface NestCommon {
  readonly Inject: (token: NestToken) => ParameterDecorating;
  readonly Controller: (path: string) => ClassDecorating;
  readonly All: (paths: readonly string[]) => MethodDecorating;
  readonly Req: () => ParameterDecorating;
  readonly Res: () => ParameterDecorating;
  readonly UseGuards: (...guards: readonly unknown[]) => ClassDecorating;
}

/** What is used of `@nestjs/core`. */
export interface NestCore {
  readonly DiscoveryModule: NestClass;
  readonly DiscoveryService: NestClass;
}

/** What Nest knows of a provider or a controller. */
export interface InstanceWrapper {
  readonly name: unknown;
  readonly metatype: { readonly prototype?: object } | null;
  /** Undefined: not made yet. */
  readonly instance: unknown;
  readonly isTransient: boolean;
  /** Whether there is one of it for all requests. */
  isDependencyTreeStatic(): boolean;
}

/** What finds them. */
export interface Discovery {
  getProviders(): readonly InstanceWrapper[];
  getControllers(): readonly InstanceWrapper[];
}

const require = createRequire(import.meta.url);

/** @throws {TaskoraError} `DEPENDENCY_MISSING` */
export function nestCommon(load: (name: string) => unknown = require): NestCommon {
  return loaded("@nestjs/common", load) as NestCommon;
}

/** @throws {TaskoraError} `DEPENDENCY_MISSING` */
export function nestCore(load: (name: string) => unknown = require): NestCore {
  return loaded("@nestjs/core", load) as NestCore;
}

function loaded(name: string, load: (name: string) => unknown): unknown {
  try {
    return load(name);
  } catch (cause) {
    const isMissing = (cause as { code?: unknown } | null)?.code === "MODULE_NOT_FOUND";
    const remedy = isMissing
      ? `Install it: npm install ${name}`
      : `Loading it failed with: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new TaskoraError(
      "DEPENDENCY_MISSING",
      `taskora/nest needs the package ${name} (version 11 or newer), which could not be loaded. ${remedy}`,
      { cause },
    );
  }
}
