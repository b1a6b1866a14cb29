/** Every page with its address. Home comes with the shell; others are loaded when they are first opened. */
import type { ComponentType } from "preact";
import { HomePage } from "./pages/home.js";

/** What a page is given: the parts of its path, decoded. */
export interface PageProps {
  readonly params: Readonly<Record<string, string>>;
}

type Page = ComponentType<PageProps>;

export interface PageRoute {
  /** As `/tasks/:task`: a part with a colon takes one segment. */
  readonly path: string;
  readonly page: Page | (() => Promise<Page>);
  readonly isLazy: boolean;
}

const lazy = (path: string, load: () => Promise<Page>): PageRoute => ({ path, page: load, isLazy: true });

export const ROUTES: readonly PageRoute[] = [
  { path: "/", page: HomePage, isLazy: false },
  lazy("/tasks", () => import("./pages/tasks.js").then(({ TasksPage }) => TasksPage)),
  lazy("/tasks/:task", () => import("./pages/task.js").then(({ TaskPage }) => TaskPage)),
  lazy("/tasks/:task/new", () => import("./pages/new-job.js").then(({ NewJobPage }) => NewJobPage)),
  lazy("/jobs", () => import("./pages/jobs.js").then(({ JobsPage }) => JobsPage)),
  lazy("/jobs/:task/:id", () => import("./pages/job.js").then(({ JobPage }) => JobPage)),
  lazy("/errors", () => import("./pages/errors.js").then(({ ErrorsPage }) => ErrorsPage)),
  lazy("/workers", () => import("./pages/workers.js").then(({ WorkersPage }) => WorkersPage)),
  lazy("/schedules", () => import("./pages/schedules.js").then(({ SchedulesPage }) => SchedulesPage)),
  lazy("/schedules/:name", () => import("./pages/schedule.js").then(({ SchedulePage }) => SchedulePage)),
  lazy("/workflows", () => import("./pages/workflows.js").then(({ WorkflowsPage }) => WorkflowsPage)),
  lazy("/workflows/:id", () => import("./pages/workflow.js").then(({ WorkflowPage }) => WorkflowPage)),
  lazy("/contracts", () => import("./pages/contracts.js").then(({ ContractsPage }) => ContractsPage)),
  lazy("/store", () => import("./pages/store.js").then(({ StorePage }) => StorePage)),
  lazy("/audit", () => import("./pages/audit.js").then(({ AuditPage }) => AuditPage)),
];

export interface FoundPage {
  readonly route: PageRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** The page of a path; undefined: there is none. */
export function pageOf(path: string, routes: readonly PageRoute[] = ROUTES): FoundPage | undefined {
  const given = path.split("/");
  for (const route of routes) {
    const wanted = route.path.split("/");
    if (wanted.length !== given.length) continue;
    const params: Record<string, string> = {};
    const fits = wanted.every((part, nth) => {
      const segment = given[nth] ?? "";
      if (!part.startsWith(":")) return part === segment;
      params[part.slice(1)] = decoded(segment);
      return segment !== "";
    });
    if (fits) return { route, params };
  }
  return undefined;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
