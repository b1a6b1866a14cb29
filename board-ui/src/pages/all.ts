// biome-ignore-all assist/source/organizeImports: pages beside those that are like them pack smaller
/** All pages but Home: they come together when one of them is opened first, since apart they would be a third larger. */

export { TasksPage } from "./tasks.js";
export { TaskPage } from "./task.js";
export { JobsPage } from "./jobs.js";
export { JobPage } from "./job.js";
export { ErrorsPage } from "./errors.js";
export { NewJobPage } from "./new-job.js";
export { SchedulesPage } from "./schedules.js";
export { SchedulePage } from "./schedule.js";
export { WorkflowsPage } from "./workflows.js";
export { WorkflowPage } from "./workflow.js";
export { WorkersPage } from "./workers.js";
export { ContractsPage } from "./contracts.js";
export { StorePage } from "./store.js";
export { AuditPage } from "./audit.js";
