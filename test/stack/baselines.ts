import * as path from 'node:path';

/** A value as JSON has it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Where the baselines are. */
export const BASELINES = path.join(__dirname, 'baselines');

/** How many differences a message shows. */
const SHOWN = 40;

/**
 * A template without what changes though nothing of ours did: hashes of assets, CDK's bootstrap rules and metadata.
 * Keys are sorted, so that equal templates are equal texts.
 */
export function normalized(template: string): string {
  const content = JSON.parse(template) as { [section: string]: Json };
  delete content.Rules;
  dropKey(content.Parameters, 'BootstrapVersion');
  for (const resource of Object.values((content.Resources ?? {}) as { [id: string]: { [key: string]: Json } })) {
    const metadata = Object.entries((resource.Metadata ?? {}) as { [key: string]: Json });
    const kept = metadata.filter(([key]) => !/^aws:(cdk|asset):/.test(key));
    resource.Metadata = Object.fromEntries(kept);
    dropEmpty(resource, 'Metadata');
  }
  dropEmpty(content, 'Parameters');
  return `${JSON.stringify(sorted(content), undefined, 2).replaceAll(/\b[0-9a-f]{64}\b/g, '<asset>')}\n`;
}

/** What differs between two normalized templates, one line for each place, at most a screenful. */
export function differences(before: string, after: string): string[] {
  const found = compare('', JSON.parse(before) as Json, JSON.parse(after) as Json);
  const more = found.length - SHOWN;
  return more > 0 ? [...found.slice(0, SHOWN), `… and ${more} more`] : found;
}

function compare(place: string, before: Json | undefined, after: Json | undefined): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) {
    return [];
  }
  if (before === undefined) {
    return [`+ ${place}: ${brief(after)}`];
  }
  if (after === undefined) {
    return [`- ${place}: ${brief(before)}`];
  }
  if (isContainer(before) && isContainer(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) =>
      compare(place === '' ? key : `${place}.${key}`, (before as Members)[key], (after as Members)[key]),
    );
  }
  return [`~ ${place}: ${brief(before)} -> ${brief(after)}`];
}

type Members = { [key: string]: Json };

function isContainer(value: Json): value is Json[] | Members {
  return typeof value === 'object' && value !== null;
}

function brief(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

function dropKey(values: Json | undefined, key: string): void {
  if (values !== undefined && values !== null && typeof values === 'object') {
    delete (values as Members)[key];
  }
}

function dropEmpty(values: Members, key: string): void {
  if (values[key] !== undefined && Object.keys(values[key] as Members).length === 0) {
    delete values[key];
  }
}
