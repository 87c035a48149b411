/**
 * What JavaScript takes and Java refuses or reads otherwise, in a pattern whose other escapes are replaced, and what to write
 * instead. Jobs and Glue Data Quality check rows in Java's dialect.
 *
 * @see https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html
 */
const NOT_JAVA: [form: RegExp, remedy: string][] = [
  [/\[[^\]]*\[/, String.raw`write \[ between brackets`],
  [/\[\^?\]/, String.raw`write [\s\S] for any character, and something between brackets`],
  [/\[[^\]]*&&/, 'write & once between brackets'],
  [/\[[^\]]*\\b/, String.raw`write \x08 between brackets`],
  [/^(?:[^[]|\[[^\]]*\])*\(\?<(?![=!]|[A-Za-z][A-Za-z0-9]*>)/, 'name groups by letters and digits'],
  [/\\0/, String.raw`write \x00`],
  [/\\u\{/, String.raw`write the character itself, or \u and four digits`],
  [/\\[pP]\{(?!(?:\w{1,2}|ASCII|(?:sc|Script)=\w+)\})/, String.raw`use a category of one or two letters, as \p{Lu}`],
];

/** How to correct a pattern that JavaScript and Java do not both take; undefined when they do. */
export function patternRemedy(pattern: string): string | undefined {
  try {
    new RegExp(pattern, 'u');
  } catch {
    return 'correct its syntax';
  }
  const bare = pattern.replaceAll(/\\[^0bpPu]/gsu, '_');
  return NOT_JAVA.find(([form]) => form.test(bare))?.[1];
}
