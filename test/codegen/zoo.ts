/**
 * One schema of each kind that may travel, with payloads it accepts. The tests of the generator prove over
 * this list that printed types equal zod's inference and that the interpreter answers as zod does.
 */
import * as z from "zod";

/** Numeric TypeScript enums map their numbers back to names. */
export enum Level {
  Low = 0,
  High = 10,
}

const Color = { Red: "red", Green: "green" } as const;

export const Category = z.object({
  name: z.string().min(1),
  get children() {
    return z.array(Category);
  },
});

export const Person = z.object({
  name: z.string(),
  get friend() {
    return Person.optional();
  },
  get employer() {
    return Company.nullable();
  },
});

export const Company = z.object({
  title: z.string(),
  get staff(): z.ZodArray<typeof Person> {
    return z.array(Person);
  },
});

type Expression = number | { op: "+" | "*"; args: Expression[] };
const Expression: z.ZodType<Expression, Expression> = z.lazy(() =>
  z.union([z.number(), z.object({ op: z.enum(["+", "*"]), args: z.array(Expression) })]),
);

const isoDate = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

const shape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("circle"), radius: z.number().positive() }),
  z.object({ kind: z.literal("square"), side: z.number(), label: z.string().default("none") }),
]);

export const zoo = {
  string: z.string(),
  stringBounds: z.string().min(2).max(5),
  stringLength: z.string().length(3),
  stringRegex: z.string().regex(/^[a-z]+$/i),
  stringGlobalRegex: z.string().regex(/ab/g),
  stringParts: z.string().startsWith("a").includes("b", { position: 1 }).endsWith("c"),
  stringCase: z.string().lowercase(),
  stringUpper: z.string().uppercase(),
  trimmed: z.string().trim().toLowerCase().min(1).max(4),
  trimmedLate: z.string().min(3).trim(),
  normalized: z.string().normalize("NFKC").max(3),
  slug: z.string().slugify(),
  aborting: z.string().min(3, { abort: true }).regex(/^x/),
  email: z.email(),
  emailCheck: z.string().max(20).email(),
  url: z.url(),
  urlBounded: z.string().max(14).url(),
  httpUrl: z.httpUrl(),
  urlNormal: z.url({ normalize: true, protocol: /^https?$/ }),
  uuid: z.uuid(),
  uuidv4: z.uuidv4(),
  guid: z.guid(),
  nanoid: z.nanoid(),
  cuid2: z.cuid2(),
  ulid: z.ulid(),
  ipv4: z.ipv4(),
  ipv6: z.ipv6(),
  cidrv4: z.cidrv4(),
  cidrv6: z.cidrv6(),
  mac: z.mac(),
  base64: z.base64(),
  base64url: z.base64url(),
  e164: z.e164(),
  jwt: z.jwt(),
  jwtAlg: z.jwt({ alg: "HS256" }),
  creditCard: z.creditCard(),
  iban: z.iban(),
  emoji: z.emoji(),
  hex: z.hex(),
  hostname: z.hostname(),
  hash: z.hash("sha256"),
  stringFormat: z.stringFormat("ticket", /^T-\d+$/),
  isoDatetime: z.iso.datetime({ offset: true }),
  isoDate: z.iso.date(),
  isoTime: z.iso.time({ precision: 0 }),
  isoDuration: z.iso.duration(),
  number: z.number(),
  numberBounds: z.number().min(0).lt(10),
  multiple: z.number().multipleOf(0.07),
  int: z.int(),
  int32: z.int32().gt(3),
  uint32: z.uint32(),
  float32: z.float32(),
  boolean: z.boolean(),
  null: z.null(),
  any: z.any(),
  unknown: z.unknown(),
  literal: z.literal("on"),
  literals: z.literal(["a", 1, true, null]),
  enum: z.enum(["en", "de"]),
  enumObject: z.enum(Color),
  nativeEnum: z.enum(Level),
  excluded: z.enum(["a", "b", "c"]).exclude(["b"]),
  templateAbsent: z.templateLiteral(["a", z.enum(["x", "y"]).optional(), "-", z.number().nullable()]),
  hashBase64: z.hash("md5", { enc: "base64" }),
  template: z.templateLiteral(["v", z.number(), "-", z.enum(["rc", "beta"])]),
  object: z.object({ id: z.string(), count: z.number() }),
  objectEmpty: z.object({}),
  objectNested: z.object({ user: z.object({ name: z.string(), tags: z.array(z.string()) }) }),
  objectStrict: z.strictObject({ id: z.string(), note: z.string().optional() }),
  objectLoose: z.looseObject({ id: z.string() }),
  objectCatchall: z.object({ id: z.string() }).catchall(z.string()),
  objectCatchallMixed: z.object({ id: z.string() }).catchall(z.number()),
  objectPartial: z.object({ a: z.string(), b: z.number() }).partial(),
  objectRequired: z.object({ a: z.string().optional() }).required(),
  objectPicked: z.object({ a: z.string(), b: z.number() }).pick({ a: true }).extend({ c: z.boolean() }),
  objectOddKeys: z.object({
    "a-b": z.string(),
    "1x": z.number(),
    'quote"': z.boolean(),
    constructor: z.null(),
  }),
  optional: z.object({ a: z.string().optional(), b: z.string().exactOptional(), c: z.string().nullish() }),
  nullable: z.string().nullable(),
  nonoptional: z.object({ a: z.string().optional().nonoptional() }),
  defaults: z.object({
    locale: z.enum(["en", "de"]).default("en"),
    tags: z.array(z.string()).default(["x"]),
    options: z.object({ deep: z.boolean().default(true) }).prefault({}),
  }),
  defaultOptional: z.object({ a: z.string().default("x").optional(), b: z.string().optional().default("y") }),
  defaultInvalid: z.object({ a: z.string().min(5).default("x") }),
  prefaultTrim: z.object({ a: z.string().trim().prefault("  a ") }),
  catch: z.object({ a: z.number().catch(7), b: z.string() }),
  union: z.union([z.string(), z.number(), z.array(z.boolean())]),
  unionObjects: z.union([
    z.object({ a: z.string() }),
    z.object({ b: z.number().default(1), c: z.string().trim() }),
    z.object({ d: z.int32() }),
  ]),
  unionStrictFirst: z.union([
    z.strictObject({ a: z.string(), k: z.string().default("1") }),
    z.object({ a: z.string() }),
  ]),
  unionClose: z.union([z.object({ a: z.string().min(3) }), z.object({ b: z.string() })]),
  xor: z.xor([z.object({ a: z.string() }), z.object({ b: z.string() })]),
  discriminated: shape,
  discriminatedAmbiguous: z.discriminatedUnion("k", [
    z.object({ k: z.undefined().optional(), a: z.string() }),
    z.object({ k: z.undefined().optional(), b: z.string() }),
    z.object({ k: z.literal("c"), c: z.string() }),
  ]),
  discriminatedNested: z.discriminatedUnion("type", [
    z.object({ type: z.literal("shape"), kind: z.literal("x") }),
    z.object({ type: z.enum(["b", "c"]), deep: shape }),
    z.object({ type: z.literal("none").optional() }),
  ]),
  intersection: z.intersection(z.object({ a: z.string() }), z.object({ b: z.number().optional() })),
  intersectionStrict: z.strictObject({ a: z.string() }).and(z.strictObject({ b: z.string() })),
  intersectionDefault: z.object({ a: z.string().default("z") }).and(z.looseObject({ c: z.number() })),
  array: z.array(z.string()),
  arrayBounds: z
    .array(z.object({ n: z.number() }))
    .min(1)
    .max(3),
  arrayOfUnions: z.array(z.union([z.string(), z.null()])),
  tuple: z.tuple([z.string(), z.number()]),
  tupleOptional: z.tuple([z.string(), z.number().optional(), z.boolean().optional()]),
  tupleOptionalRest: z.tuple([z.string(), z.string().optional()]).rest(z.string()),
  tupleRest: z.tuple([z.string()], z.number()),
  tupleDefault: z.tuple([z.string(), z.number().default(3)]),
  record: z.record(z.string(), z.number()),
  recordEnum: z.record(z.enum(["a", "b"]), z.number()),
  recordEnumDefault: z.record(z.enum(["a", "b"]), z.number().default(1)),
  recordEnumAny: z.record(z.enum(["a", "b"]), z.any()),
  recordEnumOptional: z.record(z.enum(["a", "b"]), z.number().optional()),
  recordPartial: z.partialRecord(z.enum(["a", "b"]), z.string()),
  recordLoose: z.looseRecord(z.string().regex(/^x-/), z.string()),
  recordPattern: z.record(z.string().regex(/^[a-z]+$/), z.number()),
  recordTemplate: z.record(z.templateLiteral(["id-", z.string()]), z.number()),
  recordNumber: z.record(z.number(), z.string()),
  recordLiteral: z.record(z.literal([1, 2]), z.string()),
  recordIntersection: z
    .record(z.string().regex(/^x-/), z.string())
    .and(z.record(z.string().regex(/^y-/), z.string())),
  recursive: Category,
  recursiveMutual: Person,
  recursiveLazy: Expression,
  recursiveInside: z.object({ root: Category, more: z.array(Category).default([]) }),
  lazy: z.object({ a: z.lazy(() => z.string().max(3)), b: z.lazy(() => z.number().optional()) }),
  lazyRefined: z.lazy(() => z.array(z.string())).describe("a list of words"),
  json: z.json(),
  branded: z.object({ id: z.string().brand<"UserId">() }),
  readonlyObject: z.object({ a: z.object({ b: z.string() }).readonly(), c: z.array(z.string()).readonly() }),
  readonlyTuple: z.tuple([z.string(), z.number()]).readonly(),
  readonlyRecord: z.record(z.string(), z.number()).readonly(),
  described: z.object({ a: z.string().describe("first"), b: z.number().meta({ deprecated: true }) }),
  coerceNumber: z.object({ n: z.coerce.number().max(5) }),
  coerceString: z.object({ s: z.coerce.string().min(2) }),
  coerceBoolean: z.coerce.boolean(),
  codec: z.object({ at: isoDate, until: isoDate.optional() }),
  codecMap: z.codec(z.array(z.tuple([z.string(), z.number()])), z.map(z.string(), z.number()), {
    decode: (entries) => new Map(entries),
    encode: (map) => [...map],
  }),
  stringbool: z.object({ on: z.stringbool() }),
  pipe: z.string().trim().pipe(z.string().min(2)),
  pipeCoerce: z.string().pipe(z.coerce.number()).pipe(z.number().max(9)),
  transform: z.object({ n: z.string().transform((text) => text.length), keep: z.string() }),
  transformPiped: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(z.string()).min(1)),
  preprocess: z.object({ n: z.preprocess((value) => Number(value), z.number()) }),
  refined: z.object({ a: z.string().refine((text) => text !== "no"), b: z.number() }),
  superRefined: z.object({ a: z.number(), b: z.number() }).superRefine((value, context) => {
    if (value.a > value.b) context.addIssue({ code: "custom", message: "a above b", path: ["a"] });
  }),
  checked: z.string().check(z.minLength(2), z.trim(), (context) => {
    if (context.value === "no") context.issues.push({ code: "custom", input: context.value });
  }),
  overwritten: z
    .number()
    .overwrite((value) => Math.round(value))
    .max(10),
  refinedUnion: z.union([
    z.object({ a: z.string() }).refine((value) => value.a !== "no"),
    z.object({ a: z.string(), b: z.number() }),
  ]),
  transformUnion: z.union([
    z
      .string()
      .regex(/^a+$/)
      .transform((text) => text.length),
    z.string().trim(),
  ]),
  catchRefined: z
    .string()
    .refine((text) => text.length % 2 === 0)
    .catch("odd"),
  defaultTransform: z.object({
    n: z
      .string()
      .transform((text) => text.length)
      .default(0),
  }),
  intersectionTransform: z
    .object({ a: z.string().transform((text) => text.length) })
    .and(z.object({ b: z.string() })),
  custom: z.object({ a: z.custom<unknown>((value) => value !== 3), b: z.string() }),
  emailPayload: z.object({
    to: z.email(),
    cc: z.array(z.email()).max(5).optional(),
    subject: z.string().trim().min(1).max(200),
    locale: z.enum(["en", "de"]).default("en"),
    attachments: z.array(z.object({ name: z.string(), bytes: z.base64() })).default([]),
    headers: z.record(z.string(), z.string()).optional(),
  }),
};

export type ZooName = keyof typeof zoo;

const uuid = "0b9e1d5e-9a2b-4c1d-8e3f-5a6b7c8d9e0f";
const jwt = `${btoa('{"alg":"HS256","typ":"JWT"}').replace(/=+$/, "")}.e30.x`;
const tree = { name: "a", children: [{ name: "b", children: [] }] };

/** Payloads worth starting from; most are valid. Mutations of them probe the edges. */
export const samples: { readonly [Name in ZooName]?: readonly unknown[] } = {
  string: ["", "x"],
  stringBounds: ["ab", "abcde", "👍👍👍👍👍", "👍", "abcdef"],
  stringLength: ["abc", "👍👍👍", "👍a"],
  stringRegex: ["abc", "ABC", "a1"],
  stringGlobalRegex: ["ab", "xab", "x"],
  stringParts: ["abc", "acbc", "bac"],
  stringCase: ["abc", "aBc"],
  stringUpper: ["ABC", "AbC"],
  trimmed: [" AB ", "   ", "a", "abcde"],
  trimmedLate: [" a ", "abc", "  a  ", "ab"],
  normalized: ["ﬁa", "ﬃﬃ", "abc"],
  slug: ["Hello, World!", "--a__b--"],
  aborting: ["xyz", "ab", "abc"],
  email: ["a@b.co", "a@b"],
  emailCheck: ["a@b.co", "aaaaaaaaaaaaaaaaaaaaaaaa@b.co"],
  url: ["https://a.b/c?d#e", " https://a.b ", "https://exa\nmple.com", "mailto:x", "nope"],
  urlBounded: ["https://a.b", "  https://a.b  "],
  httpUrl: ["https://a.example/x", "ftp://a.example", "http:a.example", "https://localhost"],
  urlNormal: ["HTTPS://A.Example", "https://a.b/ä", "ftp://a.b"],
  uuid: [uuid, uuid.toUpperCase(), "x"],
  uuidv4: [uuid, uuid.replace("4c1d", "1c1d")],
  guid: [uuid, "g"],
  nanoid: ["V1StGXR8_Z5jdHi6B-myT", "x"],
  cuid2: ["tz4a98xxat96iws9zmbrgj3a", "T"],
  ulid: ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "x"],
  ipv4: ["127.0.0.1", "256.0.0.1"],
  ipv6: ["::1", "fe80::1:2", "::1\n", "::@1"],
  cidrv4: ["10.0.0.0/8", "10.0.0.0/33"],
  cidrv6: ["fe80::/10", "fe80::/129", "fe80::/010"],
  mac: ["00:1A:2B:3C:4D:5E", "00-1a"],
  base64: ["aGk=", "", "aGk", "a Gk="],
  base64url: ["aGk", "a-_b", "a+b"],
  e164: ["+4915112345678", "0151"],
  jwt: [jwt, "a.b.c", "a.b"],
  jwtAlg: [jwt, `${btoa('{"alg":"RS256"}')}.e30.x`],
  creditCard: ["4242 4242 4242 4242", "4242424242424241"],
  iban: ["DE89370400440532013000", "DE88370400440532013000"],
  emoji: ["👍🏽", "1"],
  hex: ["0aF", "g"],
  hostname: ["a.example", "-a"],
  hash: ["a".repeat(64), "a"],
  stringFormat: ["T-1", "t-1"],
  isoDatetime: ["2026-11-23T10:00:00Z", "2026-11-23T10:00:00+01:00", "2026-02-30T10:00:00Z"],
  isoDate: ["2024-02-29", "2023-02-29"],
  isoTime: ["10:00:00", "10:00"],
  isoDuration: ["P1DT2H", "P"],
  number: [0, -1.5, 1e300],
  numberBounds: [0, 9.99, 10],
  multiple: [2.03, 0.07, 0.1],
  int: [1, 1.5, 2 ** 53, -(2 ** 53)],
  int32: [4, 3, 2 ** 31, 4.5],
  uint32: [0, -1, 2 ** 32],
  float32: [1.5, 1e39],
  boolean: [true],
  null: [null],
  any: [1, { a: [1] }],
  unknown: [null, "x"],
  literal: ["on"],
  literals: ["a", 1, true, null, "1"],
  enum: ["en"],
  enumObject: ["red", "Red"],
  nativeEnum: [0, 10, "Low"],
  excluded: ["a", "b"],
  templateAbsent: ["a-1", "ax-null", "a-null", "aundefined-1"],
  hashBase64: ["XrY7u+Ae7tCTyyK7j1rNww==", "5eb63bbbe01eeed093cb22bb8f5acdc3"],
  template: ["v1-rc", "v1.5-beta", "v-rc"],
  object: [{ id: "a", count: 1, extra: true }],
  objectEmpty: [{}, { a: 1 }],
  objectNested: [{ user: { name: "a", tags: ["x"], age: 3 } }],
  objectStrict: [{ id: "a" }, { id: "a", note: "n", more: 1 }],
  objectLoose: [{ id: "a", more: [1] }],
  objectCatchall: [
    { id: "a", more: "x" },
    { id: "a", more: 1 },
  ],
  objectCatchallMixed: [
    { id: "a", more: 1 },
    { id: "a", more: "x" },
  ],
  objectPartial: [{}, { a: "x", b: 1 }],
  objectRequired: [{ a: "x" }, {}],
  objectPicked: [{ a: "x", c: true }],
  objectOddKeys: [{ "a-b": "x", "1x": 1, 'quote"': true, constructor: null }],
  optional: [{}, { a: "x", b: "y", c: null }],
  nullable: [null, "x"],
  nonoptional: [{ a: "x" }, {}],
  defaults: [{}, { locale: "de", tags: [], options: { deep: false } }, { options: {} }],
  defaultOptional: [{}, { a: "1", b: "2" }],
  defaultInvalid: [{}, { a: "long enough" }, { a: "x" }],
  prefaultTrim: [{}, { a: " b " }],
  catch: [{ a: 1, b: "x" }, { b: "x" }, { a: "no", b: "x" }],
  union: ["x", 1, [true]],
  unionObjects: [{ a: "x" }, { c: " y ", z: 1 }, { d: 3 }, { d: 2 ** 40 }],
  unionStrictFirst: [{ a: "q", x: 1 }, { a: "q" }],
  unionClose: [{ a: "x" }, { b: "y" }],
  xor: [{ a: "x" }, { b: "x" }, { a: "x", b: "y" }],
  discriminated: [
    { kind: "circle", radius: 2 },
    { kind: "square", side: 1, z: 2 },
    { kind: "circle", radius: -1 },
  ],
  discriminatedAmbiguous: [{ k: "c", c: "x" }, { a: "x" }, { b: "x" }],
  discriminatedNested: [
    { type: "shape", kind: "x" },
    { type: "c", deep: { kind: "square", side: 2 } },
    {},
    { type: "none" },
  ],
  intersection: [{ a: "x", b: 1, c: 2 }],
  intersectionStrict: [
    { a: "x", b: "y" },
    { a: "x", b: "y", c: 1 },
  ],
  intersectionDefault: [{ c: 1 }, { a: "x", c: 1, d: 2 }],
  array: [[], ["a"]],
  arrayBounds: [[{ n: 1 }], [], [{ n: 1 }, { n: 2 }, { n: 3 }, { n: "x" }]],
  arrayOfUnions: [["a", null]],
  tuple: [["a", 1], ["a"], ["a", 1, 2]],
  tupleOptional: [["a"], ["a", 1], ["a", 1, true], []],
  tupleOptionalRest: [["a"], ["a", "b"], ["a", "b", "c"]],
  tupleRest: [["a"], ["a", 1, 2], ["a", "x"]],
  tupleDefault: [["a"], ["a", 5]],
  record: [{}, { a: 1 }],
  recordEnum: [{ a: 1, b: 2 }, { a: 1 }, { a: 1, b: 2, c: 3 }],
  recordEnumDefault: [{ a: 1, b: 2 }, { a: 1 }, {}],
  recordEnumAny: [{ a: 1 }, {}, { a: null, b: 1 }],
  recordEnumOptional: [{ a: 1 }, {}],
  recordPartial: [{}, { a: "x" }, { c: "x" }],
  recordLoose: [{ "x-a": "1", other: 2 }, { "x-a": 1 }],
  recordPattern: [{ a: 1 }, { A: 1 }],
  recordTemplate: [{ "id-1": 1 }, { x: 1 }],
  recordNumber: [{ 1: "a", "2.5": "b" }, { x: "a" }],
  recordLiteral: [{ 1: "a", 2: "b" }, { 1: "a" }],
  recordIntersection: [{ "x-a": "1", "y-b": "2" }, { z: "1" }],
  recursive: [tree],
  recursiveMutual: [
    { name: "a", employer: null },
    { name: "a", friend: { name: "b", employer: null }, employer: { title: "c", staff: [] } },
  ],
  recursiveLazy: [1, { op: "+", args: [1, { op: "*", args: [2, 3] }] }],
  recursiveInside: [{ root: tree }, { root: tree, more: [tree] }],
  lazy: [{ a: "x" }, { a: "x", b: 1 }],
  lazyRefined: [["a"]],
  json: [1, { a: [null, { b: "x" }] }],
  branded: [{ id: "a" }],
  readonlyObject: [{ a: { b: "x" }, c: ["y"] }],
  readonlyTuple: [["a", 1]],
  readonlyRecord: [{ a: 1 }],
  described: [{ a: "x", b: 1 }],
  coerceNumber: [{ n: "3" }, { n: 7 }, { n: null }, {}],
  coerceString: [{ s: 12 }, { s: null }, {}],
  coerceBoolean: [1, "", null],
  codec: [{ at: "2026-11-23T10:00:00Z" }, { at: "x", until: "2026-11-23T10:00:00Z" }],
  codecMap: [[["a", 1]], [["a"]]],
  stringbool: [{ on: "Yes" }, { on: "maybe" }],
  pipe: [" ab ", " a "],
  pipeCoerce: ["5", "50", "x"],
  transform: [{ n: "abc", keep: "x", drop: 1 }],
  transformPiped: ["a,b"],
  preprocess: [{ n: "4" }, { n: "x" }, {}],
  refined: [
    { a: "yes", b: 1 },
    { a: "no", b: 1 },
  ],
  superRefined: [
    { a: 1, b: 2 },
    { a: 2, b: 1 },
  ],
  checked: [" ab ", "no", "x"],
  overwritten: [1.6, 10.4, 10.6],
  refinedUnion: [{ a: "yes", b: 1 }, { a: "no", b: 1 }, { a: "no" }],
  transformUnion: ["aaa", " aaa ", " b "],
  catchRefined: ["ab", "abc"],
  defaultTransform: [{}, { n: "abc" }],
  intersectionTransform: [{ a: "xx", b: "y", c: 1 }],
  custom: [
    { a: 1, b: "x" },
    { a: 3, b: "x" },
  ],
  emailPayload: [
    { to: "a@b.co", subject: " Hi " },
    {
      to: "a@b.co",
      subject: "Hi",
      cc: ["c@d.co"],
      attachments: [{ name: "n", bytes: "aGk=" }],
      headers: { a: "b" },
    },
  ],
};
