/** The field for a filter of jobs: completes what is written, and says where it cannot be read. */
import { useId, useRef, useState } from "preact/hooks";
import type { Page } from "../../../src/app/operate/page.js";
import type { ImplementedContract } from "../../../src/app/operate/task-contracts.js";
import type { TaskInfo } from "../../../src/app/operate/tasks.js";
import type { CallFailed } from "../core/api.js";
import { pathOf } from "../core/api.js";
import { useResource } from "../core/resource.js";
import { type PayloadPath, payloadPaths } from "../forms/payload-paths.js";
import { useKeys } from "../shell/keys.js";
import {
  type Completion,
  type Completions,
  completeFilter,
  type FilterWords,
  withCompletion,
} from "./complete-filter.js";

interface FilterBoxProps {
  readonly value: string;
  readonly words: FilterWords;
  /** Of a filter that could not be read. */
  readonly error?: CallFailed | undefined;
  readonly onSubmit: (filter: string) => void;
}

const NONE: Completions = { from: 0, to: 0, options: [] };

export function FilterBox({ value, words, error, onSubmit }: FilterBoxProps) {
  const field = useRef<HTMLInputElement>(null);
  const list = useId();
  const [text, setText] = useState(value);
  const [shown, setShown] = useState(value);
  const [offers, setOffers] = useState<Completions>(NONE);
  const [at, setAt] = useState(-1);
  if (shown !== value) {
    setShown(value);
    setText(value);
  }
  useKeys([{ keys: "/", does: "Filter", run: () => field.current?.focus() }]);
  const complete = (next: string, caret: number) => {
    setText(next);
    setOffers(completeFilter(next, caret, words));
    setAt(-1);
  };
  const take = (option: Completion) => {
    const after = withCompletion(text, offers, option);
    complete(after.text, after.caret);
    requestAnimationFrame(() => field.current?.setSelectionRange(after.caret, after.caret));
  };
  const close = () => {
    setOffers(NONE);
    setAt(-1);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { options } = offers;
    const option = options[at] ?? (event.key === "Tab" ? options[0] : undefined);
    const isMove = event.key === "ArrowDown" || event.key === "ArrowUp";
    if (isMove && options.length > 0) {
      setAt((at + (event.key === "ArrowDown" ? 1 : options.length)) % options.length);
    } else if (
      (event.key === "Enter" || event.key === "Tab") &&
      option !== undefined &&
      !event.shiftKey &&
      text !== ""
    ) {
      take(option);
    } else if (event.key === "Escape" && options.length > 0) {
      close();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    close();
    onSubmit(text.trim());
  };
  const isOpen = offers.options.length > 0;
  return (
    <form class="filter" onSubmit={submit} aria-label="Jobs">
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-label="Filter"
        aria-expanded={isOpen}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 ? `${list}-${at}` : undefined}
        aria-invalid={error !== undefined}
        aria-describedby={error && `${list}-why`}
        autocomplete="off"
        spellcheck={false}
        placeholder="state:failed error:&quot;SMTP 421&quot; data.order.id:17 age>10m"
        value={text}
        onInput={(event) => complete(event.currentTarget.value, event.currentTarget.selectionStart ?? 0)}
        onFocus={(event) => complete(event.currentTarget.value, event.currentTarget.value.length)}
        onBlur={close}
        onKeyDown={onKeyDown}
      />
      <div
        id={list}
        role="listbox"
        aria-label="What may be written"
        class="offers"
        hidden={!isOpen}
        tabIndex={-1}
      >
        {offers.options.map((option, nth) => (
          <div
            key={option.text}
            id={`${list}-${nth}`}
            role="option"
            tabIndex={-1}
            aria-selected={nth === at}
            onMouseDown={(event) => {
              // The focus stays in the field, which has the keys of its list.
              event.preventDefault();
              take(option);
            }}
          >
            <code>{option.text}</code> <small>{option.hint}</small>
          </div>
        ))}
      </div>
      {error && (
        <p id={`${list}-why`} class="why" role="alert">
          {error.position === undefined ? null : <Marked text={value} position={error.position} />}
          {error.message}
        </p>
      )}
    </form>
  );
}

/** The filter with the place that cannot be read. */
function Marked({ text, position }: { readonly text: string; readonly position: number }) {
  return (
    <code class="marked">
      {text.slice(0, position)}
      <mark>{text.slice(position, position + 1) || "…"}</mark>
      {text.slice(position + 1)}
    </code>
  );
}

/** The one task that a filter names; undefined: none, or several. */
export function taskOfFilter(filter: string): string | undefined {
  const found = [...filter.matchAll(/(?:^|\s)task:([^\s|*"]+)(?=\s|$)/g)];
  return found.length === 1 ? found[0]?.[1] : undefined;
}

/** What is known for a filter: names of tasks, and the places of the payloads of the one that it names. */
export function useFilterWords(filter: string): FilterWords & { readonly task: string | undefined } {
  const tasks = useResource<Page<TaskInfo>>("/tasks", { query: { limit: 1000 } });
  const task = taskOfFilter(filter);
  const paths = useContractPaths(task);
  return { task, tasks: (tasks.value?.items ?? []).map(({ name }) => name), paths };
}

/** The places of the payloads of a task, as its newest contract names them. */
export function useContractPaths(task: string | undefined): readonly PayloadPath[] {
  const [name] = (task ?? "").split("/");
  const contracts = useResource<readonly ImplementedContract[]>(
    name ? pathOf("tasks", name, "contracts") : undefined,
  );
  return payloadPaths(contracts.value?.find(({ input }) => input !== undefined)?.input);
}
