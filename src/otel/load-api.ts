import { TaskoraError } from "../core/errors.js";

/** The package, as it is imported. */
export type Api = typeof import("@opentelemetry/api");

/** @throws {TaskoraError} `DEPENDENCY_MISSING` */
export async function loadApi(load: () => Promise<Api> = () => import("@opentelemetry/api")): Promise<Api> {
  try {
    return await load();
  } catch (cause) {
    const isMissing = (cause as { code?: unknown } | null)?.code === "ERR_MODULE_NOT_FOUND";
    const remedy = isMissing
      ? "Install it: npm install @opentelemetry/api"
      : `Loading it failed with: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new TaskoraError(
      "DEPENDENCY_MISSING",
      `taskora/otel needs the package @opentelemetry/api (version 1.9 or newer), which could not be loaded. ${remedy}`,
      { cause },
    );
  }
}
