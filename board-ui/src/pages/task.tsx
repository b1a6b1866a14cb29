import { PageHead } from "../parts/page-head.js";

export function TaskPage() {
  return <PageHead title="Task" />;
}
