/** Places in a JSON value, and the value with one of them changed. Nothing is changed in place. */
import { isObject, listOf } from "../../../src/board/json-schema.js";

/** Keys and indexes from the whole value down; none: the value itself. */
export type Place = readonly (string | number)[];

/** What is there; `undefined`: nothing. Only own keys are looked at. */
export function valueAt(value: unknown, place: Place): unknown {
  let found = value;
  for (const part of place) {
    if (typeof part === "number") found = Array.isArray(found) ? found[part] : undefined;
    else found = isObject(found) && Object.hasOwn(found, part) ? found[part] : undefined;
  }
  return found;
}

/** With something else there; `undefined` takes a key of an object away. What is on the way and of another kind is made anew. */
export function withValueAt(value: unknown, place: Place, next: unknown): unknown {
  const [part, ...rest] = place;
  if (part === undefined) return next;
  if (typeof part === "number") {
    const items = [...listOf(value)];
    items[part] = withValueAt(items[part], rest, next);
    return items;
  }
  const before = isObject(value) ? value : {};
  const inner = withValueAt(Object.hasOwn(before, part) ? before[part] : undefined, rest, next);
  if (inner !== undefined) return { ...before, [part]: inner };
  return Object.fromEntries(Object.entries(before).filter(([key]) => key !== part));
}

/** Without the item of a list. */
export function withoutItem(value: unknown, list: Place, index: number): unknown {
  const items = itemsAt(value, list);
  return withValueAt(
    value,
    list,
    items.filter((_, at) => at !== index),
  );
}

/** With an item of a list moved to another place in it. */
export function withMovedItem(
  value: unknown,
  list: Place,
  { from, to }: { readonly from: number; readonly to: number },
): unknown {
  const items = [...itemsAt(value, list)];
  if (to < 0 || to >= items.length) return value;
  const [moved] = items.splice(from, 1);
  items.splice(to, 0, moved);
  return withValueAt(value, list, items);
}

/** With a key of an object named anew, in its place. A name that is taken changes nothing. */
export function withRenamedKey(
  value: unknown,
  object: Place,
  { from, to }: { readonly from: string; readonly to: string },
): unknown {
  const before = valueAt(value, object);
  if (!isObject(before) || Object.hasOwn(before, to)) return value;
  const renamed = Object.entries(before).map(([key, item]) => [key === from ? to : key, item] as const);
  return withValueAt(value, object, Object.fromEntries(renamed));
}

/** The place as messages of a check name it: `order.items[2].price`. */
export function placeText(place: Place): string {
  return place.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

function itemsAt(value: unknown, list: Place): readonly unknown[] {
  return listOf(valueAt(value, list));
}
