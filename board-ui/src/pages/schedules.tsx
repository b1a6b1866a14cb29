/** All schedules: when each runs, in words. */
import type { Page } from "../../../src/app/operate/page.js";
import type { ScheduleInfo } from "../../../src/app/schedules/schedule-options.js";
import { count } from "../core/format.js";
import { useResource } from "../core/resource.js";
import { href } from "../core/router.js";
import { Empty } from "../parts/empty.js";
import { Loaded } from "../parts/loaded.js";
import { PageHead } from "../parts/page-head.js";
import { Age, Tag } from "../parts/small.js";
import { Table } from "../parts/table.js";
import { ruleInWords } from "../words/rule-in-words.js";

const REFRESH_MS = 10_000;

export const scheduleHref = (name: string): string => href(`/schedules/${encodeURIComponent(name)}`);

export function SchedulesPage() {
  const schedules = useResource<Page<ScheduleInfo>>("/schedules", {
    query: { limit: 1000 },
    everyMs: REFRESH_MS,
  });
  return (
    <>
      <PageHead title="Schedules" />
      <Loaded resource={schedules} what="schedules">
        {({ items }) => (
          <Table<ScheduleInfo>
            rows={items}
            rowKey={({ name }) => name}
            caption="Schedules"
            open={({ name }) => scheduleHref(name)}
            empty={
              <Empty title="There is no schedule">
                taskora.schedule() makes one, and so does the option schedule of a task.
              </Empty>
            }
            columns={[
              { key: "name", head: "Name", isLong: true, cell: ({ name }) => name },
              {
                key: "state",
                head: "State",
                width: "12ch",
                cell: (schedule) => <ScheduleState schedule={schedule} />,
              },
              {
                key: "rule",
                head: "Rule",
                isLong: true,
                cell: (schedule) => <span title={schedule.cron ?? ""}>{ruleInWords(schedule)}</span>,
              },
              { key: "task", head: "Task", from: "m", isLong: true, cell: ({ task }) => task },
              {
                key: "next",
                head: "Next",
                align: "end",
                width: "11ch",
                cell: ({ nextSlotAt }) => <Age at={nextSlotAt} />,
              },
              {
                key: "last",
                head: "Last",
                align: "end",
                width: "11ch",
                from: "l",
                cell: ({ lastFiredAt }) => <Age at={lastFiredAt} />,
              },
              {
                key: "runs",
                head: "Runs",
                align: "end",
                width: "9ch",
                from: "l",
                cell: ({ runs }) => count(runs ?? 0),
              },
            ]}
          />
        )}
      </Loaded>
    </>
  );
}

export function ScheduleState({ schedule: { paused, ended, corrupt } }: { readonly schedule: ScheduleInfo }) {
  if (corrupt !== undefined) return <Tag kind="critical">unreadable</Tag>;
  if (paused) return <Tag kind="warning">‖ paused</Tag>;
  return ended === true ? <Tag>ended</Tag> : <Tag kind="good">▶ on</Tag>;
}
