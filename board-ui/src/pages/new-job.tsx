/** A new job: a form from the contract that workers announced, and what goes with it. */
import { useState } from "preact/hooks";
import type { JobDetails } from "../../../src/app/operate/job.js";
import type { ImplementedContract } from "../../../src/app/operate/task-contracts.js";
import { api, type CallFailed, pathOf } from "../core/api.js";
import { plural } from "../core/format.js";
import { may } from "../core/me.js";
import { changes, failureOf, useResource } from "../core/resource.js";
import { go, jobHref, place, setQuery, taskHref } from "../core/router.js";
import { findProblems, type Problems, startValue } from "../forms/form-value.js";
import { JsonInput, SchemaFields } from "../forms/schema-fields.js";
import { Empty } from "../parts/empty.js";
import { ErrorBox } from "../parts/error-box.js";
import { TextField } from "../parts/field.js";
import { Loaded } from "../parts/loaded.js";
import { PageHead } from "../parts/page-head.js";
import type { PageProps } from "../routes.js";
import { say } from "../shell/toasts.js";

export function NewJobPage({ params: { task = "" } }: PageProps) {
  const [name = task, lane] = task.split("/");
  const from = place.value.query.get("from");
  const contracts = useResource<readonly ImplementedContract[]>(pathOf("tasks", name, "contracts"));
  const source = useResource<JobDetails>(from === null ? undefined : pathOf("jobs", task, from));
  const head = (
    <PageHead
      title={`New job of ${name}`}
      note={
        <>
          <a href={taskHref(task)}>{task}</a>
          {from === null ? null : (
            <>
              {" · like "}
              <a class="mono" href={jobHref(task, from)}>
                {from}
              </a>
            </>
          )}
        </>
      }
    />
  );
  const editor = (job?: JobDetails) => (
    <Loaded resource={contracts} what="the contract">
      {(value) => <Editor task={name} lane={lane} contracts={value} source={job} />}
    </Loaded>
  );
  return (
    <>
      {head}
      {!may("operator") ? (
        <Empty title="Your role does not allow this">Operators and admins dispatch jobs.</Empty>
      ) : from === null ? (
        editor()
      ) : (
        <Loaded resource={source} what="the job">
          {editor}
        </Loaded>
      )}
    </>
  );
}

interface EditorProps {
  readonly task: string;
  readonly lane: string | undefined;
  readonly contracts: readonly ImplementedContract[];
  readonly source: JobDetails | undefined;
}

const NO_PROBLEMS: Problems = new Map();

function Editor({ task, lane, contracts, source }: EditorProps) {
  const asked = Number(place.value.query.get("version") ?? source?.version);
  const contract = contracts.find(({ version }) => version === asked) ?? contracts[0];
  const schema = contract?.input;
  const [value, setValue] = useState<unknown>(() =>
    source === undefined ? startValue(schema ?? {}, schema ?? {}) : source.data,
  );
  const [isJson, setJson] = useState(schema === undefined);
  const [isChecked, setChecked] = useState(false);
  const [options, setOptions] = useState<Options>({ ...NO_OPTIONS, lane: lane ?? "" });
  const [error, setError] = useState<CallFailed>();
  const [isBusy, setBusy] = useState(false);
  const found = schema === undefined ? NO_PROBLEMS : findProblems(value, schema);
  const problems = isChecked ? found : NO_PROBLEMS;
  const hasHidden = JSON.stringify(value ?? null).includes("▪");
  const submit = async (event: Event) => {
    event.preventDefault();
    setChecked(true);
    if (found.size > 0) {
      requestAnimationFrame(() => document.querySelector<HTMLElement>("main [aria-invalid]")?.focus());
      return;
    }
    setBusy(true);
    try {
      const body = { data: value, options: optionsOf(options) };
      const isCopy = source !== undefined && hasHidden;
      // Values that are kept back are filled in by the board, from the job that they are of.
      const path = isCopy ? pathOf("jobs", source.task, source.id, "again") : pathOf("tasks", task, "jobs");
      const versioned = isCopy || contract === undefined ? body : { ...body, version: contract.version };
      const made = await api.post<{ readonly id: string; readonly task?: string }>(path, versioned);
      changes.value += 1;
      say("It was dispatched.", made.id);
      go(jobHref(made.task ?? task, made.id));
    } catch (failure) {
      setError(failureOf(failure));
      setBusy(false);
    }
  };
  return (
    <form class="new-job" onSubmit={submit} noValidate>
      <section class="card">
        <div class="bar spread">
          <h2>Payload</h2>
          <span class="bar">
            <VersionChoice contracts={contracts} current={contract?.version} />
            {schema && (
              <>
                <button type="button" onClick={() => setValue(startValue(schema, schema, "example"))}>
                  Fill with examples
                </button>
                <button type="button" aria-pressed={isJson} onClick={() => setJson(!isJson)}>
                  {isJson ? "Form" : "JSON"}
                </button>
              </>
            )}
          </span>
        </div>
        {schema === undefined ? <NoSchema hasContract={contract !== undefined} /> : null}
        {hasHidden ? (
          <p class="warn">
            The board keeps some values of that job back. They go into the new one as they are, where you do
            not replace them.
          </p>
        ) : null}
        {isJson || schema === undefined ? (
          <div class="field">
            <label for="payload" class="unseen">
              Payload as JSON
            </label>
            <JsonInput value={value} set={setValue} id="payload" aria={{}} />
          </div>
        ) : (
          <SchemaFields
            form={{ root: schema, value, problems, onChange: setValue }}
            schema={schema}
            place={[]}
            name=""
            isRequired
          />
        )}
        {problems.size > 0 ? <ProblemList problems={problems} /> : null}
      </section>
      <OptionFields options={options} onChange={setOptions} />
      {error && <ErrorBox error={error} />}
      <div class="dialog-foot">
        <a class="button" href={taskHref(task)}>
          Back
        </a>
        <button type="submit" class="primary" disabled={isBusy}>
          Dispatch
        </button>
      </div>
    </form>
  );
}

function NoSchema({ hasContract }: { readonly hasContract: boolean }) {
  return (
    <p class="quiet">
      {hasContract
        ? "The contract of this task has no schema that can be shown: write JSON, which its worker checks."
        : "No live worker implements this task, so nothing is known of its payload: write JSON. The job waits for a worker."}
    </p>
  );
}

function VersionChoice({
  contracts,
  current,
}: {
  readonly contracts: readonly ImplementedContract[];
  readonly current: number | undefined;
}) {
  if (contracts.length < 2)
    return current === undefined ? null : <span class="quiet">version {current}</span>;
  return (
    <select
      aria-label="Version of the contract"
      value={String(current)}
      onChange={(event) => setQuery({ version: event.currentTarget.value })}
    >
      {contracts.map(({ version, fingerprint, workers }) => (
        <option key={`${version} ${fingerprint}`} value={String(version)}>
          version {version}, {plural(workers, "worker")}
        </option>
      ))}
    </select>
  );
}

/** All that is wrong, for what is folded away or has no field. */
function ProblemList({ problems }: { readonly problems: Problems }) {
  return (
    <div class="error-box" role="alert">
      <p class="title">This does not fit the contract</p>
      <ul>
        {[...problems].map(([path, messages]) => (
          <li key={path}>
            <code>{path === "" ? "payload" : path}</code> {messages.join(", ")}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What goes with a job, as it is typed. */
interface Options {
  readonly delay: string;
  readonly runAt: string;
  readonly priority: string;
  readonly attempts: string;
  readonly ttl: string;
  readonly lane: string;
  readonly deduplicate: string;
  readonly idempotency: string;
  readonly headers: string;
}

const NO_OPTIONS: Options = {
  ...{
    delay: "",
    runAt: "",
    priority: "",
    attempts: "",
    ttl: "",
    lane: "",
    deduplicate: "",
    idempotency: "",
    headers: "",
  },
};

const OPTION_FIELDS: readonly (readonly [name: keyof Options, label: string, hint: string])[] = [
  ["delay", "Delay", "10m, 1h: from now"],
  ["runAt", "Run at", "2026-12-24T18:00:00Z"],
  ["priority", "Priority", "−1000 to 1000"],
  ["attempts", "Attempts", "as the task has them"],
  ["ttl", "Expires after", "1h: when not started"],
  ["lane", "Lane", "none"],
  ["deduplicate", "Deduplication key", "one job at a time with it"],
  ["idempotency", "Idempotency key", "one job ever with it"],
];

function OptionFields({
  options,
  onChange,
}: {
  readonly options: Options;
  readonly onChange: (options: Options) => void;
}) {
  return (
    <details class="card">
      <summary>
        <h2>Options</h2>
      </summary>
      <div class="grid">
        {OPTION_FIELDS.map(([name, label, hint]) => (
          <TextField
            key={name}
            label={label}
            name={name}
            placeholder={hint}
            value={options[name]}
            set={(value) => onChange({ ...options, [name]: value })}
          />
        ))}
      </div>
      <TextField
        label="Headers"
        class="mono"
        rows={3}
        placeholder={"tenant: acme\none a line"}
        value={options.headers}
        set={(headers) => onChange({ ...options, headers })}
      />
    </details>
  );
}

/** Options as the API takes them; what is empty is left out. */
function optionsOf({
  headers,
  priority,
  attempts,
  runAt,
  ...texts
}: Options): Readonly<Record<string, unknown>> {
  const given = Object.entries(texts).filter(([, text]) => text.trim() !== "");
  const lines = headers.split("\n").flatMap((line) => {
    const [name = "", ...value] = line.split(":");
    return name.trim() === "" ? [] : [[name.trim(), value.join(":").trim()] as const];
  });
  const at = Date.parse(runAt);
  return {
    ...Object.fromEntries(given.map(([name, text]) => [name, text.trim()])),
    ...(runAt.trim() === "" ? {} : { runAt: Number.isNaN(at) ? runAt.trim() : at }),
    ...(priority.trim() === "" ? {} : { priority: Number(priority.replace("−", "-")) }),
    ...(attempts.trim() === "" ? {} : { attempts: Number(attempts) }),
    ...(lines.length === 0 ? {} : { headers: Object.fromEntries(lines) }),
  };
}
