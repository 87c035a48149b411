import { EVENT_ID, type Event, SCALAR_STYLE, type ScalarEvent } from 'js-yaml';

/** Characters that are line breaks in YAML 1.1 or none that a document may hold; no editor shows them. */
const INVISIBLE = /(?![\t\n\r])[\p{Cc}\u2028\u2029\uFFFE\uFFFF]/u;

/** A scalar that YAML 1.2's core schema reads as an integer. */
const INTEGER = /^(?:[-+]?\d+|0o[0-7]+|0x[\dA-Fa-f]+)$/;

/** What a reader of the jobs, PyYAML, refuses in a text or reads otherwise than js-yaml does, and where; undefined when nothing. */
export function notForJobs(events: Event[], text: string): { reason: string; offset: number } | undefined {
  const character = INVISIBLE.exec(text);
  if (character !== null) {
    const code = (character[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return { reason: `the character U+${code}`, offset: character.index };
  }
  const integer = events.find((event) => event.type === EVENT_ID.SCALAR && isRounded(event, text));
  if (integer?.type === EVENT_ID.SCALAR) {
    const written = text.slice(integer.valueStart, integer.valueEnd);
    return { reason: `${written}, an integer that a double rounds`, offset: integer.valueStart };
  }
  const offset = text.includes('\t') ? bare(events, text).indexOf('\t') : -1;
  return offset < 0 ? undefined : { reason: 'a tab where spaces belong', offset };
}

/** Whether it is an integer that JavaScript rounds and Python does not. */
function isRounded({ style, valueStart, valueEnd }: ScalarEvent, text: string): boolean {
  const written = text.slice(valueStart, valueEnd);
  if (style !== SCALAR_STYLE.PLAIN || !INTEGER.test(written)) {
    return false;
  }
  const read = Number(written);
  return !Number.isFinite(read) || BigInt(read) !== BigInt(written);
}

/** The text with its quoted texts, its blocks and its comments blotted out: tabs may stand in these. */
function bare(events: Event[], text: string): string {
  const pieces: string[] = [];
  let end = 0;
  for (const event of events) {
    if (event.type === EVENT_ID.SCALAR && event.style !== SCALAR_STYLE.PLAIN && event.valueStart >= end) {
      pieces.push(text.slice(end, event.valueStart), 'x'.repeat(event.valueEnd - event.valueStart));
      end = event.valueEnd;
    }
  }
  const unquoted = [...pieces, text.slice(end)].join('');
  return unquoted.replaceAll(/(?<=^|\s)#.*/gm, (comment) => 'x'.repeat(comment.length));
}
