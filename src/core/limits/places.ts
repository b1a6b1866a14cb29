/**
 * Places: one number for where a job stands among all that wait, over all priorities; lower is earlier. Within a
 * priority it is the number that a store gave when the job came: rising at the back, falling at the front.
 */

/** Distance between the places of two priorities: more than jobs will ever wait in one. */
const BAND = 2 ** 40;
/** How far in front of all others jobs come back that had been parked. */
const FRONT = 2 ** 38;

/** The place of the job that got this number. */
export function placeOf(number: number, priority: number): number {
  return number - priority * BAND;
}

/** The number that a place has within its priority. */
export function numberAt(place: number, priority: number): number {
  return place + priority * BAND;
}

/** As {@link numberAt}, of a job that comes back: in front of all others of its priority, among those by place. */
export function frontNumberAt(place: number, priority: number): number {
  return numberAt(place, priority) - FRONT;
}

/** Whether a job that has no group goes before the groups: a higher priority, or come back to the front. */
export function isBeforeGroups(job: { readonly priority: number; readonly place: number }): boolean {
  return job.priority > 0 || (job.priority === 0 && job.place < -FRONT / 2);
}
