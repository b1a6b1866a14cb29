/**
 * String formats that a regular expression cannot say, with the answers zod 4.6 gives. Formats with a pattern
 * need nothing here: their pattern travels in the schema.
 */

type FormatTest = (text: string) => boolean;

const IPV6_ALPHABET = /^[0-9a-fA-F:.]+$/;
const BASE64URL = /^[A-Za-z0-9_-]*$/;
const CREDIT_CARD = /^\d(?:[ -]?\d){11,18}$/;
const IBAN = /^[A-Z]{2}(?!00|01|99)\d{2}[A-Z0-9]{11,30}$/;

/** The test of a format by name, or `undefined` for a name without one, which accepts every string. */
export function formatTest(format: string): FormatTest | undefined {
  return Object.hasOwn(TESTS, format) ? TESTS[format] : undefined;
}

const TESTS: Readonly<Record<string, FormatTest>> = {
  ipv6: isIpv6,
  cidrv6: isCidrV6,
  base64: isBase64,
  base64url: isBase64Url,
  credit_card: isCreditCard,
  iban: isIban,
};

/** Whether a text parses as an absolute address. */
export function isUrl(text: string): boolean {
  return URL.canParse(text);
}

function isIpv6(text: string): boolean {
  return IPV6_ALPHABET.test(text) && isUrl(`http://[${text}]`);
}

function isCidrV6(text: string): boolean {
  const [address, bits, ...rest] = text.split("/");
  if (address === undefined || bits === undefined || bits === "" || rest.length > 0) return false;
  const count = Number(bits);
  return String(count) === bits && count >= 0 && count <= 128 && isIpv6(address);
}

function isBase64(text: string): boolean {
  if (text === "") return true;
  if (/\s/.test(text) || text.length % 4 !== 0) return false;
  return decodeBase64(text) !== undefined;
}

function isBase64Url(text: string): boolean {
  if (!BASE64URL.test(text)) return false;
  const standard = text.replace(/[-_]/g, (character) => (character === "-" ? "+" : "/"));
  return isBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, "="));
}

function decodeBase64(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}

/** @see Luhn, US patent 2 950 048, 1960 */
function isCreditCard(text: string): boolean {
  if (!CREDIT_CARD.test(text)) return false;
  const digits = [...text.replace(/[- ]/g, "")].reverse().map(Number);
  const sum = digits.reduce((total, digit, index) => {
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

/** @see ISO 7064, MOD 97-10 */
function isIban(text: string): boolean {
  if (!IBAN.test(text)) return false;
  let remainder = 0;
  for (const character of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

/** Whether a text is shaped like a JSON Web Token; the signature is not looked at. */
export function isJwt(text: string, algorithm: string | undefined): boolean {
  const parts = text.split(".");
  const [header] = parts;
  if (parts.length !== 3 || header === undefined || header === "") return false;
  const parsed = parseHeader(header);
  if (typeof parsed !== "object" || parsed === null) return false;
  const { typ, alg } = parsed as { readonly typ?: unknown; readonly alg?: unknown };
  if ("typ" in parsed && typ !== "JWT") return false;
  if (!alg) return false;
  return algorithm === undefined || alg === algorithm;
}

function parseHeader(header: string): unknown {
  const text = decodeBase64(header);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Length in Unicode code points, which is what a reader counts; a pair of surrogates is one. */
export function codePointLength(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    const isPair =
      (text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
    if (!isPair) continue;
    count -= 1;
    index += 1;
  }
  return count;
}

/** The form of a text that suits an address: lower case, words joined by single dashes. */
export function slugify(text: string): string {
  return text
    .toLowerCase()
    .trim()
    .replace(/[^\w\s-]/g, "")
    .replace(/[\s_-]+/g, "-")
    .replace(/^-+|-+$/g, "");
}
