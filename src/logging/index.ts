/** Lines of jobs in the application's own logs. */
export { jobLogger } from "./job-logger.js";
export { type LifecycleOptions, type LoggedState, logJobs } from "./lifecycle.js";
