/** Markup that needs no escaping any more. */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** What may stand in a template: text and numbers are escaped, markup and lists of it are taken as they are. */
export type Value = string | number | Html | Html[];

/** Markup from a template; everything put into it is escaped unless it is markup itself. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  const text = parts.reduce((result, part, index) => {
    const value = values[index - 1];
    return result + (value === undefined ? '' : render(value)) + part;
  });
  return new Html(text);
}

/** Text as it may stand in an element or an attribute. */
export function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function render(value: Value): string {
  if (value instanceof Html) {
    return value.text;
  }
  return Array.isArray(value) ? value.map(String).join('\n') : escape(String(value));
}
