import { PageHead } from "../parts/page-head.js";

export function TasksPage() {
  return <PageHead title="Tasks" />;
}
