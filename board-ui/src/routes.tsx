/** Every page with its address. Home comes with the shell; others are loaded when they are first opened. */
import type { ComponentType } from "preact";
import { HomePage } from "./pages/home.js";

/** What a page is given: the parts of its path, decoded. */
export interface PageProps {
  readonly params: Readonly<Record<string, string>>;
}

type Page = ComponentType<PageProps>;

type Later = typeof import("./pages/all.js");

export interface PageRoute {
  /** As `/tasks/:task`: a part with a colon takes one segment. */
  readonly path: string;
  /** Undefined: it is loaded when it is first opened. */
  readonly page?: Page;
  readonly name?: keyof Later;
}

const later = (path: string, name: keyof Later): PageRoute => ({ path, name });

export const ROUTES: readonly PageRoute[] = [
  { path: "/", page: HomePage },
  later("/tasks", "TasksPage"),
  later("/tasks/:task", "TaskPage"),
  later("/tasks/:task/new", "NewJobPage"),
  later("/jobs", "JobsPage"),
  later("/jobs/:task/:id", "JobPage"),
  later("/errors", "ErrorsPage"),
  later("/workers", "WorkersPage"),
  later("/schedules", "SchedulesPage"),
  later("/schedules/:name", "SchedulePage"),
  later("/workflows", "WorkflowsPage"),
  later("/workflows/:id", "WorkflowPage"),
  later("/contracts", "ContractsPage"),
  later("/store", "StorePage"),
  later("/audit", "AuditPage"),
];

/** The page of a route. */
export async function loadPage({ page, name }: PageRoute): Promise<Page> {
  if (page !== undefined) return page;
  const pages = (await import("./pages/all.js")) as Readonly<Record<string, Page>>;
  return pages[name ?? ""] as Page;
}

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
