import { plural } from "../core/format.js";
import { connection, trouble, useOverview } from "../core/live.js";
import { OkLine } from "../home/notes.js";
import { Picture } from "../home/picture.js";
import { StoreAway } from "../home/store-away.js";
import { Waiting } from "../parts/empty.js";
import { PageHead } from "../parts/page-head.js";
import { TaskTable } from "../tasks/task-table.js";

/** Am I well? And what goes on. */
export function HomePage() {
  const overview = useOverview();
  if (overview === undefined)
    return (
      <>
        <PageHead title="Home" heading={<span class="unseen">Home</span>} />
        {trouble.value === undefined ? <Waiting what="the store" /> : <StoreAway error={trouble.value} />}
      </>
    );
  return (
    <>
      <PageHead title="Home" heading={<span class="unseen">Home</span>} />
      {overview.away === undefined ? (
        <OkLine overview={overview} />
      ) : (
        <StoreAway away={overview.away} at={overview.at} />
      )}
      <Picture overview={overview} isStale={connection.value === "away" || overview.away !== undefined} />
      <h2 class="section">
        Tasks <small>{plural(overview.tasks.length, "task")}, by name</small>
      </h2>
      <TaskTable tasks={overview.tasks} />
    </>
  );
}
