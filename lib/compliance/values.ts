/** A value of a template, of which nothing is known yet. */
export type Json = { readonly [key: string]: unknown };

/** Whether a value is an object. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is below the keys, or nothing. */
export function dig(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>((found, key) => (isJson(found) ? found[key] : undefined), value);
}

/** The value as a list: one value is a list of it, nothing is an empty one. */
export function listOf(value: unknown): unknown[] {
  if (value === undefined) {
    return [];
  }
  return Array.isArray(value) ? value : [value];
}

/** The text, or nothing when it is none. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The texts of a list. */
export function textsOf(value: unknown): string[] {
  return listOf(value).filter((item) => typeof item === 'string');
}

/** The number, also one written as a text, or nothing. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Whether the value says yes, as `true` or as a text. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

/** Whether a text is all there, with no part that is known only at deployment. */
export function isLiteral(text: string): boolean {
  return !text.includes('${');
}
