import * as z from "zod";

/** A schema with a payload that fits and one that does not, as the figures are taken of. */
export interface Subject {
  readonly schema: z.ZodType;
  readonly valid: unknown;
  readonly invalid: unknown;
}

const flat = z.object({
  to: z.email(),
  subject: z.string().min(1).max(200),
  text: z.string().max(100_000),
  locale: z.enum(["en", "de", "fr"]).default("en"),
  priority: z.int().min(0).max(9),
  tracked: z.boolean(),
  campaign: z.string().optional(),
});

const flatValid = {
  to: "ada@example.com",
  subject: "Your order",
  text: "It is on its way. ".repeat(10),
  priority: 3,
  tracked: true,
};

const address = z.object({
  name: z.string().min(1).max(100),
  street: z.string().max(200),
  city: z.string().max(100),
  postcode: z.string().regex(/^[A-Z0-9 -]{3,10}$/),
  country: z.string().length(2),
});

const order = z.object({
  id: z.uuid(),
  customer: z.object({ id: z.string(), email: z.email(), vip: z.boolean().default(false) }),
  shipping: address,
  billing: address.nullable(),
  lines: z
    .array(
      z.object({
        sku: z.string().min(3).max(40),
        quantity: z.int().min(1).max(1_000),
        price: z.number().min(0),
        tags: z.array(z.string()).optional(),
      }),
    )
    .min(1)
    .max(100),
  notes: z.record(z.string(), z.string()),
});

const addressValid = {
  name: "Ada Lovelace",
  street: "12 St James's Square",
  city: "London",
  postcode: "SW1Y 4JH",
  country: "GB",
};

const orderValid = {
  id: "0190c5a4-5b3c-7d2e-8f1a-2b3c4d5e6f70",
  customer: { id: "c-1", email: "ada@example.com" },
  shipping: addressValid,
  billing: null,
  lines: Array.from({ length: 5 }, (_, index) => ({
    sku: `sku-${index}`,
    quantity: index + 1,
    price: 9.5,
    tags: ["a", "b"],
  })),
  notes: { gift: "yes", door: "blue" },
};

const event = z.discriminatedUnion("type", [
  z.object({ type: z.literal("click"), x: z.number(), y: z.number(), target: z.string() }),
  z.object({ type: z.literal("view"), path: z.string().max(500), ms: z.int().min(0) }),
  z.object({ type: z.literal("error"), message: z.string(), stack: z.string().optional() }),
]);
const events = z.object({ session: z.string(), events: z.array(event).max(1_000) });

function eventAt(index: number): unknown {
  switch (index % 3) {
    case 0:
      return { type: "click", x: index, y: index * 2, target: "#buy" };
    case 1:
      return { type: "view", path: `/products/${index}`, ms: index };
    default:
      return { type: "error", message: "not found" };
  }
}

const eventsValid = { session: "s-1", events: Array.from({ length: 100 }, (_, index) => eventAt(index)) };
const eventsInvalid = {
  session: "s-1",
  events: eventsValid.events.map((item, index) => (index === 50 ? { type: "view", path: 7, ms: -1 } : item)),
};

/** The three schemas that the targets name. */
export const subjects: Readonly<Record<string, Subject>> = {
  flat: { schema: flat, valid: flatValid, invalid: { ...flatValid, to: "nobody", priority: 12 } },
  "nested order": {
    schema: order,
    valid: orderValid,
    invalid: { ...orderValid, lines: [{ ...orderValid.lines[0], quantity: 0 }] },
  },
  "100 events": { schema: events, valid: eventsValid, invalid: eventsInvalid },
};
