import { PageHead } from "../parts/page-head.js";

export function HomePage() {
  return <PageHead title="Home" />;
}
