/** All pages but Home: they come together when one of them is opened first, since apart they would be a third larger. */

export { AuditPage } from "./audit.js";
export { ContractsPage } from "./contracts.js";
export { ErrorsPage } from "./errors.js";
export { JobPage } from "./job.js";
export { JobsPage } from "./jobs.js";
export { NewJobPage } from "./new-job.js";
export { SchedulePage } from "./schedule.js";
export { SchedulesPage } from "./schedules.js";
export { StorePage } from "./store.js";
export { TaskPage } from "./task.js";
export { TasksPage } from "./tasks.js";
export { WorkersPage } from "./workers.js";
export { WorkflowPage } from "./workflow.js";
export { WorkflowsPage } from "./workflows.js";
