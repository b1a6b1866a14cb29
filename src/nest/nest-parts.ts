/**
 * What is used of Nest. It is imported as the application imports it, by this entry alone: loaded in another way, as with
 * `createRequire`, it may be there twice, and then nothing of one is known to the other.
 */
// biome-ignore lint/suspicious/noTsIgnore: who imports this entry has it; here it is there for some tests only.
// @ts-ignore
import * as common from "@nestjs/common";
// biome-ignore lint/suspicious/noTsIgnore: as above.
// @ts-ignore
import * as core from "@nestjs/core";
import type { KeepingServer } from "../board/http/kept-connections.js";
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
  readonly HttpAdapterHost: NestClass;
}

/** What knows on which platform an application runs. */
export interface AdapterHost {
  /** Null: it answers no requests. */
  readonly httpAdapter: { getType(): string; getHttpServer(): KeepingServer | undefined } | null;
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

/** Decorators of Nest. */
export const nestCommon: NestCommon = common as unknown as NestCommon;
/** What finds providers. */
export const nestCore: NestCore = core as unknown as NestCore;
