import { widens } from '../../lib/contracts/lock-fields';
import type { Change, ChangeKind } from './changes';

/** Longer texts are cut in a line; JSON has them whole. What says how a table is built is never cut. */
const TEXT_LIMIT = 60;
const TEXTS = new Set<ChangeKind>(['column doc', 'comment', 'property']);

interface Words {
  /** What a deployment would do. */
  readonly planned: (change: Change) => string;
  /** What somebody did who did not deploy. */
  readonly outside: (change: Change) => string;
}

/** A value that was one and is another. */
function changed(what: (change: Change) => string): Words {
  return {
    planned: (change) => `~ ${what(change)} ${arrow(change)}`,
    outside: (change) =>
      `${what(change)} changed outside: ${shown(change, 'after')}, deployed as ${shown(change, 'before')}`,
  };
}

const WORDS: Record<ChangeKind, Words> = {
  'column added': {
    planned: ({ subject, id, after }) => `+ column ${subject} ${after} (id ${id})`,
    outside: ({ subject, id, after }) => `column ${subject} added outside: ${after} (id ${id})`,
  },
  'column dropped': {
    planned: ({ subject, id }) => `- column ${subject} (id ${id} retired)`,
    outside: ({ subject, id }) => `column ${subject} dropped outside (id ${id})`,
  },
  'column renamed': {
    planned: (change) => `~ rename ${arrow(change)} (id ${change.id} kept)`,
    outside: ({ before, after, id }) => `column ${before} renamed outside: ${after} (id ${id})`,
  },
  'column nested elsewhere': changed(({ subject }) => `place of ${subject}`),
  'column type': {
    planned: (change) =>
      widens(change.before ?? '', change.after ?? '')
        ? `~ widen ${change.subject} ${arrow(change)} (id ${change.id} kept)`
        : `~ type of ${change.subject} ${arrow(change)}`,
    outside: changed(({ subject }) => `column ${subject}`).outside,
  },
  'column required': {
    planned: ({ subject, after }) => `~ column ${subject} becomes ${after}`,
    outside: changed(({ subject }) => `column ${subject}`).outside,
  },
  'column doc': changed(({ subject }) => `doc of ${subject}`),
  'column order': {
    planned: ({ subject, after }) => `~ move ${subject} ${after}`,
    outside: ({ subject, before, after }) => `column ${subject} moved outside: ${after}, deployed ${before}`,
  },
  'partition field added': {
    planned: ({ subject, after, id }) => `+ partition field ${subject}, ${after} (id ${id})`,
    outside: ({ subject, after, id }) => `partition field ${subject} added outside: ${after} (id ${id})`,
  },
  'partition field dropped': {
    planned: ({ subject, id }) => `- partition field ${subject} (id ${id} retired)`,
    outside: ({ subject, id }) => `partition field ${subject} dropped outside (id ${id})`,
  },
  'partition field renamed': {
    planned: (change) => `~ rename partition field ${arrow(change)} (id ${change.id} kept)`,
    outside: ({ before, after, id }) => `partition field ${before} renamed outside: ${after} (id ${id})`,
  },
  'partition field changed': changed(({ subject }) => `partition field ${subject}`),
  'partition order': changed(() => 'order of partition fields'),
  'sort order': changed(() => 'sort order'),
  'identifier columns': changed(() => 'identifier columns'),
  property: {
    planned: (change) => {
      const { subject, before, after } = change;
      const one = after === undefined ? `- property ${subject} (was ${before})` : `+ property ${subject} = ${after}`;
      return before !== undefined && after !== undefined ? `~ property ${subject} ${arrow(change)}` : one;
    },
    outside: changed(({ subject }) => `property ${subject}`).outside,
  },
  comment: changed(() => 'comment'),
  optimizer: changed(({ subject }) => `optimizer ${subject}`),
  location: changed(() => 'location'),
  'format version': changed(() => 'format version'),
};

/** What a deployment would do, in a few words. */
export function plannedWords(change: Change): string {
  return WORDS[change.kind].planned(change);
}

/** What was done outside of deployments, in a few words. */
export function outsideWords(change: Change): string {
  return WORDS[change.kind].outside(change);
}

function arrow(change: Change): string {
  return `${shown(change, 'before')} → ${shown(change, 'after')}`;
}

function shown(change: Change, side: 'before' | 'after'): string {
  const text = change[side] ?? '';
  if (text === '') {
    return 'nothing';
  }
  return TEXTS.has(change.kind) && text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT - 1)}…` : text;
}
