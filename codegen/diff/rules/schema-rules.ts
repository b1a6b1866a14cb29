import { type Rule, schemaRule } from "./rule.js";

/** Changes of a schema. */
export const SCHEMA_RULES = {
  FIELD_ADD_REQUIRED: schemaRule("A required field was added", ["break", "ok"], {
    why: "What was written before has no such field. Add it as optional or with a default, or raise the version and migrate. It breaks the other way too when the old schema is strict.",
    old: "z.object({ a: z.string() })",
    new: "z.object({ a: z.string(), b: z.string() })",
  }),
  FIELD_ADD_OPTIONAL: schemaRule("An optional field was added", ["ok", "ok"], {
    why: "Old payloads lack it, which is allowed. It breaks when the old schema was loose, since old payloads may carry that key with any value, and the other way when the old schema is strict and refuses the key.",
    old: "z.object({ a: z.string() })",
    new: "z.object({ a: z.string(), b: z.string().optional() })",
  }),
  FIELD_ADD_DEFAULT: schemaRule("A field with a default was added", ["ok", "ok"], {
    why: "The reader fills it in. It breaks when the old schema was loose, and the other way when the old schema is strict.",
    old: "z.object({ a: z.string() })",
    new: 'z.object({ a: z.string(), b: z.string().default("x") })',
  }),
  FIELD_REMOVE_REQUIRED: schemaRule("A required field was removed", ["ok", "break"], {
    why: "Readers of the new contract ignore it, but those of the old one still need it. It breaks both ways when the new schema is strict.",
    old: "z.object({ a: z.string(), b: z.string() })",
    new: "z.object({ a: z.string() })",
  }),
  FIELD_REMOVE_OPTIONAL: schemaRule("An optional field was removed", ["ok", "ok"], {
    why: "Nobody needs it. It breaks when the new schema is strict, since what was written before may carry the key.",
    old: "z.object({ a: z.string(), b: z.string().optional() })",
    new: "z.object({ a: z.string() })",
  }),
  FIELD_RENAME: schemaRule("A required field was renamed", ["break", "break"], {
    why: "A required field is gone and one of the same form appeared. Each side misses the name it knows. Add the new name as optional first, or raise the version and migrate.",
    old: "z.object({ userId: z.string() })",
    new: "z.object({ accountId: z.string() })",
  }),
  OPTIONAL_TO_REQUIRED: schemaRule("An optional field became required", ["break", "ok"], {
    why: "What was written without it no longer parses. Give it a default instead.",
    old: "z.object({ a: z.string().optional() })",
    new: "z.object({ a: z.string() })",
  }),
  REQUIRED_TO_OPTIONAL: schemaRule("A required field became optional", ["ok", "break"], {
    why: "Old readers still need it. Upgrade all readers before any writer leaves it out.",
    old: "z.object({ a: z.string() })",
    new: "z.object({ a: z.string().optional() })",
  }),
  REQUIRED_TO_DEFAULT: schemaRule("A required field got a default", ["ok", "ok"], {
    why: "Defaults are filled in when a job is dispatched, so old readers still see a value. A default that is computed by a function is left to the reader, and then old readers break.",
    old: "z.object({ a: z.string() })",
    new: 'z.object({ a: z.string().default("x") })',
  }),
  DEFAULT_TO_REQUIRED: schemaRule("A default was removed and the field is required", ["ok", "ok"], {
    why: "Defaults were filled in when the job was dispatched, so the value is there. A default computed by a function was not filled in, and then queued jobs break.",
    old: 'z.object({ a: z.string().default("x") })',
    new: "z.object({ a: z.string() })",
  }),
  OPTIONAL_TO_DEFAULT: schemaRule("An optional field got a default", ["ok", "ok"], {
    why: "An absent value is filled in by the reader.",
    old: "z.object({ a: z.string().optional() })",
    new: 'z.object({ a: z.string().default("x") })',
  }),
  DEFAULT_TO_OPTIONAL: schemaRule("A default was removed and the field is optional", ["ok", "ok"], {
    why: "Old readers fill in an absent value, new ones take it as absent.",
    old: 'z.object({ a: z.string().default("x") })',
    new: "z.object({ a: z.string().optional() })",
  }),
  DEFAULT_VALUE_CHANGED: schemaRule("A default has another value", ["ok", "ok"], {
    why: "Everything still parses, but the same call now means something else. Jobs in flight keep the value they were dispatched with.",
    old: 'z.object({ a: z.string().default("x") })',
    new: 'z.object({ a: z.string().default("y") })',
  }),
  NULLABLE_ADDED: schemaRule("null is now allowed", ["ok", "break"], {
    why: "Old readers refuse null. Upgrade them before anything writes null.",
    old: "z.object({ a: z.string() })",
    new: "z.object({ a: z.string().nullable() })",
  }),
  NULLABLE_REMOVED: schemaRule("null is no longer allowed", ["break", "ok"], {
    why: "What was written with null no longer parses.",
    old: "z.object({ a: z.string().nullable() })",
    new: "z.object({ a: z.string() })",
  }),
  OPTIONAL_TO_NULLABLE: schemaRule("Absent became null", ["break", "break"], {
    why: "Old writers leave the field out, which new readers refuse; new writers send null, which old readers refuse. Use nullish() on the way.",
    old: "z.object({ a: z.string().optional() })",
    new: "z.object({ a: z.string().nullable() })",
  }),
  TYPE_CHANGED: schemaRule("A value has another type", ["break", "break"], {
    why: "Neither side reads what the other writes. Add a field of the new type beside the old one, or raise the version and migrate.",
    old: "z.object({ a: z.string() })",
    new: "z.object({ a: z.number() })",
  }),
  TYPE_WIDENED: schemaRule("A value may be more than before", ["ok", "break"], {
    why: "Old readers refuse what is new. Upgrade readers first.",
    old: "z.object({ a: z.string() })",
    new: "z.object({ a: z.unknown() })",
  }),
  TYPE_NARROWED: schemaRule("A value may be less than before", ["break", "ok"], {
    why: "What was written before may no longer fit.",
    old: "z.object({ a: z.unknown() })",
    new: "z.object({ a: z.string() })",
  }),
  TYPE_COMPARED: schemaRule("Two forms of a type were exchanged", ["depends", "depends"], {
    why: "The two forms overlap, and payloads of each were tried on the other.",
    old: "z.record(z.string(), z.string())",
    new: "z.object({ a: z.string() })",
  }),
  ROOT_SHAPE_CHANGED: schemaRule("The whole value has another shape", ["break", "break"], {
    why: "An object became something else, or the other way round. No field can be kept for the other side.",
    old: "z.object({ a: z.string() })",
    new: "z.array(z.string())",
  }),
  SCALAR_TO_ARRAY: schemaRule("One value became a list, or a list one value", ["break", "break"], {
    why: "Accept both with a union first, then move on.",
    old: "z.object({ a: z.string() })",
    new: "z.object({ a: z.array(z.string()) })",
  }),
  ENUM_VALUE_ADDED: schemaRule("A value was added to an enum", ["ok", "break"], {
    why: "Old readers refuse the new value. Upgrade readers first.",
    old: 'z.object({ a: z.enum(["x"]) })',
    new: 'z.object({ a: z.enum(["x", "y"]) })',
  }),
  ENUM_VALUE_REMOVED: schemaRule("A value was removed from an enum", ["break", "ok"], {
    why: "What was written with that value no longer parses.",
    old: 'z.object({ a: z.enum(["x", "y"]) })',
    new: 'z.object({ a: z.enum(["x"]) })',
  }),
  BOUND_TIGHTENED: schemaRule("A bound became tighter", ["break", "ok"], {
    why: "Values between the two bounds were allowed and are refused now.",
    old: "z.object({ a: z.number().max(10) })",
    new: "z.object({ a: z.number().max(5) })",
  }),
  BOUND_LOOSENED: schemaRule("A bound became looser", ["ok", "break"], {
    why: "Old readers refuse values between the two bounds. Upgrade readers first.",
    old: "z.object({ a: z.string().max(5) })",
    new: "z.object({ a: z.string().max(10) })",
  }),
  FORMAT_ADDED: schemaRule("A format or pattern is now asked for", ["break", "ok"], {
    why: "Texts and numbers without it were allowed and are refused now.",
    old: "z.object({ a: z.string() })",
    new: "z.object({ a: z.email() })",
  }),
  FORMAT_REMOVED: schemaRule("A format or pattern is no longer asked for", ["ok", "break"], {
    why: "Old readers refuse values without it. Upgrade readers first.",
    old: "z.object({ a: z.email() })",
    new: "z.object({ a: z.string() })",
  }),
  PATTERN_CHANGED: schemaRule("A format or pattern was exchanged", ["depends", "depends"], {
    why: "Whether one pattern covers another cannot be computed in general; samples of each were tried on the other.",
    old: "z.object({ a: z.string().regex(/^[a-z]+$/) })",
    new: "z.object({ a: z.string().regex(/^[0-9]+$/) })",
  }),
  TEXT_CHANGE_CHANGED: schemaRule(
    "Trimming, case or another change of the text differs",
    ["depends", "depends"],
    {
      why: "The value is changed before or after other checks look at it, so samples were tried.",
      old: "z.object({ a: z.string().min(2) })",
      new: "z.object({ a: z.string().trim().min(2) })",
    },
  ),
  OBJECT_STRIP_TO_STRICT: schemaRule("Unknown keys are now refused", ["ok", "ok"], {
    why: "Unknown keys are dropped at dispatch, so none is in flight.",
    old: "z.object({ a: z.string() })",
    new: "z.strictObject({ a: z.string() })",
  }),
  OBJECT_STRICT_TO_STRIP: schemaRule("Unknown keys are now dropped", ["ok", "ok"], {
    why: "They are dropped at dispatch, so old readers never see them.",
    old: "z.strictObject({ a: z.string() })",
    new: "z.object({ a: z.string() })",
  }),
  OBJECT_STRIP_TO_LOOSE: schemaRule("Unknown keys are now kept", ["ok", "ok"], {
    why: "Old readers drop what they do not know.",
    old: "z.object({ a: z.string() })",
    new: "z.looseObject({ a: z.string() })",
  }),
  OBJECT_STRICT_TO_LOOSE: schemaRule("Unknown keys were refused and are now kept", ["ok", "break"], {
    why: "Old readers refuse a payload with unknown keys.",
    old: "z.strictObject({ a: z.string() })",
    new: "z.looseObject({ a: z.string() })",
  }),
  OBJECT_LOOSE_TO_STRIP: schemaRule("Unknown keys were kept and are now dropped", ["ok", "ok"], {
    why: "Everything parses, and a handler that read such keys silently loses them. Dangerous, so it is a warning.",
    old: "z.looseObject({ a: z.string() })",
    new: "z.object({ a: z.string() })",
  }),
  OBJECT_LOOSE_TO_STRICT: schemaRule("Unknown keys were kept and are now refused", ["break", "ok"], {
    why: "What was written with other keys no longer parses.",
    old: "z.looseObject({ a: z.string() })",
    new: "z.strictObject({ a: z.string() })",
  }),
  CATCHALL_NARROWED: schemaRule("Unknown keys must now fit a schema", ["break", "ok"], {
    why: "What was written with other keys may no longer fit.",
    old: "z.looseObject({ a: z.string() })",
    new: "z.object({ a: z.string() }).catchall(z.string())",
  }),
  CATCHALL_WIDENED: schemaRule("Unknown keys need no longer fit a schema", ["ok", "break"], {
    why: "Old readers refuse values of unknown keys that do not fit.",
    old: "z.object({ a: z.string() }).catchall(z.string())",
    new: "z.looseObject({ a: z.string() })",
  }),
  CATCHALL_CHANGED: schemaRule("What becomes of unknown keys was changed", ["depends", "depends"], {
    why: "Samples with unknown keys were tried on both sides.",
    old: "z.strictObject({ a: z.string() })",
    new: "z.object({ a: z.string() }).catchall(z.string())",
  }),
  UNION_VARIANT_ADDED: schemaRule("A variant was added to a union", ["ok", "break"], {
    why: "Old readers refuse the new variant. Upgrade readers first.",
    old: 'z.discriminatedUnion("k", [z.object({ k: z.literal("a") })])',
    new: 'z.discriminatedUnion("k", [z.object({ k: z.literal("a") }), z.object({ k: z.literal("b") })])',
  }),
  UNION_VARIANT_REMOVED: schemaRule("A variant was removed from a union", ["break", "ok"], {
    why: "What was written as that variant no longer parses.",
    old: "z.object({ a: z.union([z.string(), z.number()]) })",
    new: "z.object({ a: z.string() })",
  }),
  DISCRIMINATOR_CHANGED: schemaRule("A union is told apart by another key", ["break", "break"], {
    why: "Neither side finds the key it looks at.",
    old: 'z.discriminatedUnion("k", [z.object({ k: z.literal("a") })])',
    new: 'z.discriminatedUnion("t", [z.object({ t: z.literal("a") })])',
  }),
  UNION_RULE_CHANGED: schemaRule("A union chooses its variant in another way", ["depends", "depends"], {
    why: "Exactly one variant must match, or the first that does, or the one a key names. Samples were tried.",
    old: "z.union([z.string(), z.string().min(2)])",
    new: "z.xor([z.string(), z.string().min(2)])",
  }),
  UNION_CHOICE_CHANGED: schemaRule(
    "A payload is read as another variant of a union",
    ["depends", "depends"],
    {
      why: "Where variants overlap, the first that fits decides, and what the others know is dropped or made into something else. Nothing fails; the job means something else. Samples were read on both sides. Put the variants in their old order, or tell them apart with a discriminator.",
      old: "z.union([z.object({ a: z.string(), b: z.string() }), z.object({ a: z.string() })])",
      new: "z.union([z.object({ a: z.string() }), z.object({ a: z.string(), b: z.string() })])",
    },
  ),
  TUPLE_ITEM_ADDED: schemaRule("An item was added to a tuple", ["break", "break"], {
    why: "Old values are too short for new readers, new ones too long for old readers.",
    old: "z.tuple([z.string()])",
    new: "z.tuple([z.string(), z.number()])",
  }),
  TUPLE_ITEM_REMOVED: schemaRule("An item was removed from a tuple", ["break", "break"], {
    why: "Old values are too long for new readers, new ones too short for old readers.",
    old: "z.tuple([z.string(), z.number()])",
    new: "z.tuple([z.string()])",
  }),
  TUPLE_REST_CHANGED: schemaRule("What follows the items of a tuple was changed", ["depends", "depends"], {
    why: "Lists with more items were tried on both sides.",
    old: "z.tuple([z.string()])",
    new: "z.tuple([z.string()], z.number())",
  }),
  RECORD_ENUM_KEY_ADDED: schemaRule("A key was added to a record of known keys", ["break", "break"], {
    why: "All known keys must be there and no others. Use z.partialRecord().",
    old: 'z.record(z.enum(["a"]), z.number())',
    new: 'z.record(z.enum(["a", "b"]), z.number())',
  }),
  RECORD_ENUM_KEY_REMOVED: schemaRule("A key was removed from a record of known keys", ["break", "break"], {
    why: "All known keys must be there and no others.",
    old: 'z.record(z.enum(["a", "b"]), z.number())',
    new: 'z.record(z.enum(["a"]), z.number())',
  }),
  RECORD_KEYS_CHANGED: schemaRule("The keys of a record follow another rule", ["depends", "depends"], {
    why: "Samples of keys were tried on both sides.",
    old: "z.record(z.string(), z.number())",
    new: "z.record(z.string().min(2), z.number())",
  }),
  ELEMENT_WIDENED: schemaRule("Elements of a list or values of a record may be more", ["ok", "break"], {
    why: "Old readers refuse what is new. Upgrade readers first.",
    old: "z.object({ a: z.array(z.string()) })",
    new: "z.object({ a: z.array(z.unknown()) })",
  }),
  ELEMENT_NARROWED: schemaRule("Elements of a list or values of a record may be less", ["break", "ok"], {
    why: "What was written before may no longer fit.",
    old: "z.object({ a: z.record(z.string(), z.unknown()) })",
    new: "z.object({ a: z.record(z.string(), z.string()) })",
  }),
  REFINE_ADDED: schemaRule("A check written as code was added", ["unknown", "ok"], {
    why: "Code cannot be compared. Samples were run through it; one that fails turns this into a break.",
    old: "z.object({ a: z.string() })",
    new: "z.object({ a: z.string().refine((text) => !text.includes('\\u0007')) })",
  }),
  REFINE_REMOVED: schemaRule("A check written as code was removed", ["ok", "unknown"], {
    why: "Old readers may refuse what is allowed now.",
    old: "z.object({ a: z.string().refine((text) => text.length > 1) })",
    new: "z.object({ a: z.string() })",
  }),
  REFINE_CHANGED: schemaRule("Code in the schema was changed", ["unknown", "unknown"], {
    why: "A refine, transform, codec or custom schema has another source. What it accepts cannot be compared; samples were run through the new one.",
    old: "z.object({ a: z.string().refine((text) => text !== 'x1') })",
    new: "z.object({ a: z.string().refine((text) => text !== 'y1') })",
  }),
  CATCH_CHANGED: schemaRule("Replacing what does not fit was added or removed", ["depends", "depends"], {
    why: "catch() accepts everything. Samples were tried on both sides.",
    old: "z.object({ a: z.number() })",
    new: "z.object({ a: z.number().catch(1) })",
  }),
  PIPE_CHANGED: schemaRule("The second half of a pipe was changed", ["depends", "depends"], {
    why: "The value passes both halves. Samples were tried.",
    old: "z.object({ a: z.string().pipe(z.string().max(5)) })",
    new: "z.object({ a: z.string().pipe(z.string().max(3)) })",
  }),
  META_CHANGED: schemaRule("Words about the schema were changed", ["ok", "ok"], {
    why: "Descriptions, examples and messages change nothing that travels.",
    old: "z.object({ a: z.string() })",
    new: 'z.object({ a: z.string().describe("what it is") })',
  }),
  SAMPLE_FAILS: schemaRule("A sampled payload fails", ["break", "break"], {
    why: "No rule foresaw it, but a payload that one side accepts is refused by the other. Please report the pair of schemas.",
    old: "z.string()",
    new: "z.string()",
  }),
} as const satisfies Record<string, Rule>;
