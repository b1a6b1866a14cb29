/** The fields of a form for a JSON Schema. The value is the form's own; each field writes a new one. */
import { useId, useState } from "preact/hooks";
import { isObject } from "../../../src/board/json-schema.js";
import {
  fieldText,
  isHidden,
  itemSchema,
  jsonText,
  type Problems,
  problemsAt,
  readJson,
  startValue,
  typedValue,
  variantOf,
} from "./form-value.js";
import {
  type Place,
  valueAt,
  withMovedItem,
  withoutItem,
  withRenamedKey,
  withValueAt,
} from "./json-place.js";
import { type Field, fieldOf } from "./schema-form.js";

/** A form and what is in it. */
export interface FormState {
  readonly root: unknown;
  readonly value: unknown;
  readonly problems: Problems;
  readonly onChange: (value: unknown) => void;
}

interface FieldsProps {
  readonly form: FormState;
  readonly schema: unknown;
  readonly place: Place;
  readonly name: string;
  readonly isRequired: boolean;
  /** In how many forms of the same value this is. */
  readonly nesting?: number;
}

/** Fields deeper than this are JSON text: a form is no place for them. */
const DEEPEST = 10;

export function SchemaFields({ form, schema, place, name, isRequired, nesting = 0 }: FieldsProps) {
  const field =
    place.length > DEEPEST
      ? ({ ...fieldOf({}, {}), kind: "json" } as Field)
      : fieldOf(schema, form.root, nesting);
  const value = valueAt(form.value, place);
  const set = (next: unknown) => form.onChange(withValueAt(form.value, place, next));
  const props: InnerProps = { form, schema, place, name, isRequired, nesting, field, value, set };
  if (value === undefined && !isRequired && place.length > 0) return <Absent {...props} />;
  if (value === null && field.isNullable) return <Absent {...props} />;
  if (isHidden(value)) return <HiddenField {...props} />;
  switch (field.kind) {
    case "object":
      return <ObjectFields {...props} field={field} />;
    case "list":
      return <ListFields {...props} field={field} />;
    case "variants":
      return <VariantFields {...props} field={field} />;
    default:
      return <LeafField {...props} />;
  }
}

interface InnerProps extends FieldsProps {
  readonly field: Field;
  readonly value: unknown;
  readonly set: (value: unknown) => void;
  readonly nesting: number;
}

/** One that is left out, or null: a button puts a value there. */
function Absent(props: InnerProps) {
  const { form, schema, field, value, isRequired, set } = props;
  const isNull = value === null;
  const begin = () => set(startValue(schema, form.root) ?? emptyOf(field));
  const other = isNull ? emptyOf(field) : undefined;
  return (
    <div class="absent">
      <FieldName {...props} /> <span class="quiet">{isNull ? "null" : leftOut(field)}</span>
      <button type="button" class="plain" onClick={() => (isNull ? set(other) : begin())}>
        {isNull ? "give a value" : "add"}
      </button>
      {isNull && !isRequired ? <RemoveButton {...props} /> : null}
      <ProblemText {...props} />
    </div>
  );
}

/** A value that the board keeps back: it is taken from the job, or replaced. */
function HiddenField(props: InnerProps) {
  const { field, set } = props;
  return (
    <div class="absent">
      <FieldName {...props} /> <span class="redacted">▪▪▪▪ as the job has it</span>
      <button type="button" class="plain" onClick={() => set(emptyOf(field))}>
        replace
      </button>
    </div>
  );
}

function leftOut({ default: usual }: Field): string {
  return usual === undefined ? "left out" : `left out: ${JSON.stringify(usual)} is taken`;
}

function emptyOf(field: Field): unknown {
  switch (field.kind) {
    case "text":
      return "";
    case "number":
      return field.minimum ?? 0;
    case "boolean":
      return false;
    case "const":
      return field.value;
    case "choice":
      return field.values[0];
    case "list":
      return [];
    case "object":
      return {};
    default:
      return "";
  }
}

function FieldName({ name, field, isRequired }: Pick<InnerProps, "name" | "field" | "isRequired">) {
  return (
    <span class="field-name">
      {field.title ?? name}
      {field.title === undefined || name === "" ? null : <code> {name}</code>}
      {isRequired || name === "" ? null : <small> optional</small>}
      {field.isSensitive ? <small title="Whoever may not see it, does not"> hidden from others</small> : null}
      {field.isDeprecated ? <small> deprecated</small> : null}
    </span>
  );
}

function RemoveButton({ set, name }: Pick<InnerProps, "set" | "name">) {
  return (
    <button
      type="button"
      class="plain"
      aria-label={`Leave ${name} out`}
      title="Leave out"
      onClick={() => set(undefined)}
    >
      ×
    </button>
  );
}

function NullButton({ set, field, name }: Pick<InnerProps, "set" | "field" | "name">) {
  if (!field.isNullable) return null;
  return (
    <button type="button" class="plain" aria-label={`Set ${name} to null`} onClick={() => set(null)}>
      null
    </button>
  );
}

function ProblemText({
  form,
  place,
  id,
}: Pick<InnerProps, "form" | "place"> & { readonly id?: string | undefined }) {
  const found = problemsAt(form.problems, place);
  if (found.length === 0) return null;
  return (
    <p class="why" id={id}>
      {found.join(", ")}
    </p>
  );
}

function Head(props: InnerProps) {
  const isRemovable = !props.isRequired && props.place.length > 0;
  return (
    <>
      {isRemovable ? <RemoveButton {...props} /> : null}
      <NullButton {...props} />
    </>
  );
}

/** A field for one value. */
function LeafField(props: InnerProps) {
  const { form, field, place } = props;
  const id = useId();
  const hasProblem = problemsAt(form.problems, place).length > 0;
  const aria = {
    ...(hasProblem ? { "aria-invalid": true, "aria-errormessage": `${id}-why` } : {}),
    ...(field.description === undefined ? {} : { "aria-describedby": `${id}-says` }),
  };
  const isGroup = field.kind === "choice" && field.as === "radios";
  return (
    <div class="field">
      <span class="bar">
        {isGroup ? (
          <FieldName {...props} />
        ) : (
          <label for={id}>
            <FieldName {...props} />
          </label>
        )}
        <Head {...props} />
      </span>
      {field.description && <small id={`${id}-says`}>{field.description}</small>}
      <Input {...props} id={id} aria={aria} />
      <ProblemText {...props} id={`${id}-why`} />
    </div>
  );
}

interface InputProps extends InnerProps {
  readonly id: string;
  readonly aria: Readonly<Record<string, string | boolean>>;
}

function Input(props: InputProps) {
  const { field, value, set, id, aria } = props;
  switch (field.kind) {
    case "text":
    case "number":
      return <TextInput {...props} />;
    case "boolean":
      return (
        <select
          id={id}
          {...aria}
          value={String(value)}
          onChange={(event) => set(event.currentTarget.value === "true")}
        >
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
      );
    case "const":
    case "null":
      return <output id={id}>{JSON.stringify(field.kind === "const" ? field.value : null)}</output>;
    case "choice":
      return <Choice {...props} field={field} />;
    default:
      return <JsonInput {...props} />;
  }
}

const INPUT_MODES: Readonly<Record<string, "email" | "url">> = { email: "email", uri: "url" };

function TextInput({ field, value, set, id, aria, name }: InputProps) {
  const [draft, setDraft] = useState<string>();
  const shown = draft !== undefined && typedValue(field, draft) === value ? draft : fieldText(value);
  const write = (text: string) => {
    setDraft(text);
    set(typedValue(field, text));
  };
  const [example] = field.examples;
  const common = {
    ...{ id, ...aria, name, spellcheck: false, autocomplete: "off" as const, value: shown },
    ...(example === undefined ? {} : { placeholder: fieldText(example) }),
  };
  if (field.kind === "text" && (field.isLong || shown.includes("\n")))
    return <textarea {...common} rows={4} onInput={(event) => write(event.currentTarget.value)} />;
  const inputMode =
    field.kind === "number"
      ? "decimal"
      : (INPUT_MODES[(field.kind === "text" && field.format) || ""] ?? "text");
  const isMoment = field.kind === "text" && field.format === "date-time";
  return (
    <span class="bar grow">
      <input
        {...common}
        type="text"
        inputMode={inputMode}
        onInput={(event) => write(event.currentTarget.value)}
      />
      {isMoment ? (
        <button type="button" onClick={() => write(new Date().toISOString())}>
          now
        </button>
      ) : null}
    </span>
  );
}

function Choice({
  field,
  value,
  set,
  id,
  aria,
  name,
}: InputProps & { readonly field: Extract<Field, { kind: "choice" }> }) {
  const at = field.values.findIndex((each) => JSON.stringify(each) === JSON.stringify(value));
  const word = (each: unknown) => (typeof each === "string" && each !== "" ? each : JSON.stringify(each));
  if (field.as === "select")
    return (
      <select
        id={id}
        {...aria}
        value={String(at)}
        onChange={(event) => set(field.values[Number(event.currentTarget.value)])}
      >
        {at === -1 ? <option value="-1">–</option> : null}
        {field.values.map((each, nth) => (
          <option key={nth} value={String(nth)}>
            {word(each)}
          </option>
        ))}
      </select>
    );
  return (
    <span class="choices" role="radiogroup" aria-label={field.title ?? name} {...aria}>
      {field.values.map((each, nth) => (
        <label key={nth}>
          <input type="radio" name={id} checked={nth === at} onChange={() => set(each)} /> {word(each)}
        </label>
      ))}
    </span>
  );
}

/** JSON text for a part that has no fields. */
export function JsonInput({ value, set, id, aria }: Pick<InputProps, "value" | "set" | "id" | "aria">) {
  const [draft, setDraft] = useState<string>();
  const read = draft === undefined ? undefined : readJson(draft);
  const isDrafts =
    read !== undefined && ("why" in read || JSON.stringify(read.value) === JSON.stringify(value));
  const write = (text: string) => {
    setDraft(text);
    const now = readJson(text);
    if ("value" in now) set(now.value);
  };
  return (
    <>
      <textarea
        id={id}
        {...aria}
        class="mono"
        rows={5}
        spellcheck={false}
        value={isDrafts ? draft : jsonText(value)}
        onInput={(event) => write(event.currentTarget.value)}
      />
      {isDrafts && read !== undefined && "why" in read ? <p class="why">{read.why}</p> : null}
    </>
  );
}

function Group(props: InnerProps & { readonly children: preact.ComponentChildren }) {
  const { place, field, children } = props;
  if (place.length === 0)
    return (
      <>
        <ProblemText {...props} />
        {children}
      </>
    );
  return (
    <fieldset class="group">
      <legend>
        <FieldName {...props} /> <Head {...props} />
      </legend>
      {field.description && <small>{field.description}</small>}
      <ProblemText {...props} />
      {children}
    </fieldset>
  );
}

function ObjectFields(props: InnerProps & { readonly field: Extract<Field, { kind: "object" }> }) {
  const { form, field, place, value, set } = props;
  const entries = isObject(value) ? Object.keys(value) : [];
  const others = entries.filter((key) => !field.properties.some(({ name }) => name === key));
  const add = () => {
    const key = freeKey(entries);
    set({ ...(isObject(value) ? value : {}), [key]: startValue(field.others, form.root) ?? "" });
  };
  return (
    <Group {...props}>
      {field.properties.map(({ name, schema, isRequired }) => (
        <SchemaFields
          key={name}
          form={form}
          schema={schema}
          place={[...place, name]}
          name={name}
          isRequired={isRequired}
        />
      ))}
      {others.map((key, nth) => (
        <div class="entry" key={nth}>
          <KeyInput form={form} place={place} name={key} />
          <SchemaFields
            form={form}
            schema={field.others}
            place={[...place, key]}
            name={key}
            isRequired={false}
          />
        </div>
      ))}
      {field.isRecord ? (
        <button type="button" onClick={add}>
          Add an entry
        </button>
      ) : null}
    </Group>
  );
}

function freeKey(taken: readonly string[]): string {
  for (let nth = taken.length + 1; ; nth++) if (!taken.includes(`key${nth}`)) return `key${nth}`;
}

function KeyInput({ form, place, name }: Pick<InnerProps, "form" | "place" | "name">) {
  return (
    <input
      type="text"
      class="mono"
      aria-label={`Name of the entry ${name}`}
      value={name}
      onChange={(event) =>
        form.onChange(withRenamedKey(form.value, place, { from: name, to: event.currentTarget.value }))
      }
    />
  );
}

function ListFields(props: InnerProps & { readonly field: Extract<Field, { kind: "list" }> }) {
  const { form, field, place, value, set, name } = props;
  const items = Array.isArray(value) ? value : [];
  const canAdd = items.length < field.maxItems && (items.length < field.first.length || field.rest !== false);
  const change = (next: unknown) => form.onChange(next);
  return (
    <Group {...props}>
      <ol class="items">
        {items.map((_, at) => (
          <li key={at}>
            <SchemaFields
              form={form}
              schema={itemSchema(field, at)}
              place={[...place, at]}
              name={`${name} ${at + 1}`}
              isRequired
            />
            <span class="item-buttons">
              <button
                type="button"
                class="plain"
                aria-label={`Move ${name} ${at + 1} up`}
                disabled={at === 0}
                onClick={() => change(withMovedItem(form.value, place, { from: at, to: at - 1 }))}
              >
                ↑
              </button>
              <button
                type="button"
                class="plain"
                aria-label={`Move ${name} ${at + 1} down`}
                disabled={at === items.length - 1}
                onClick={() => change(withMovedItem(form.value, place, { from: at, to: at + 1 }))}
              >
                ↓
              </button>
              <button
                type="button"
                class="plain"
                aria-label={`Remove ${name} ${at + 1}`}
                disabled={items.length <= field.minItems}
                onClick={() => change(withoutItem(form.value, place, at))}
              >
                ×
              </button>
            </span>
          </li>
        ))}
      </ol>
      {canAdd ? (
        <button
          type="button"
          onClick={() => set([...items, startValue(itemSchema(field, items.length), form.root) ?? null])}
        >
          Add to {field.title ?? (name || "the list")}
        </button>
      ) : null}
    </Group>
  );
}

function VariantFields(props: InnerProps & { readonly field: Extract<Field, { kind: "variants" }> }) {
  const { form, field, value, set, name, place, nesting, isRequired } = props;
  const [picked, setPicked] = useState<number>();
  const id = useId();
  const at = picked ?? variantOf(field, value, form.root);
  const variant = field.variants[at];
  const pick = (nth: number) => {
    setPicked(nth);
    set(startValue(field.variants[nth]?.schema, form.root) ?? null);
  };
  return (
    <fieldset class="group">
      <legend>
        <FieldName {...props} /> <Head {...props} />
      </legend>
      <span class="choices" role="radiogroup" aria-label={`Form of ${name || "the payload"}`}>
        {field.variants.map(({ label }, nth) => (
          <label key={nth}>
            <input type="radio" name={id} checked={nth === at} onChange={() => pick(nth)} /> {label}
          </label>
        ))}
      </span>
      <SchemaFields
        key={at}
        form={form}
        schema={variant?.schema}
        place={place}
        name={name}
        isRequired={isRequired || place.length === 0}
        nesting={nesting + 1}
      />
    </fieldset>
  );
}
