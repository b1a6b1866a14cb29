/** Topics of the stream, and where their values are asked for when there is no stream. */

export const HOME = "home";
export const taskTopic = (task: string): string => `task:${encodeURIComponent(task)}`;
export const jobTopic = (task: string, id: string): string =>
  `job:${encodeURIComponent(task)}/${encodeURIComponent(id)}`;
export const operationTopic = (id: string): string => `op:${encodeURIComponent(id)}`;

/** The call that answers with the value of a topic. */
export function pollingPath(topic: string): string | undefined {
  if (topic === HOME) return "/overview";
  const [, kind, rest] = /^(task|job|op):(.+)$/.exec(topic) ?? [];
  if (rest === undefined) return undefined;
  return { task: `/tasks/${rest}`, job: `/jobs/${rest}`, op: `/operations/${rest}` }[
    kind as "task" | "job" | "op"
  ];
}
