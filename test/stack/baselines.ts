import * as path from 'node:path';
import { TemplateSnapshot } from '../../lib/testing';

/** A value as JSON has it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Where the baselines are. */
export const BASELINES = path.join(__dirname, 'baselines');

/** How many differences a message shows. */
const SHOWN = 40;

/** A template without what changes though nothing of ours did. */
export function normalized(template: string): string {
  return TemplateSnapshot.ofTemplate(template);
}

/** What differs between two normalized templates, one line for each place, at most a screenful. */
export function differences(before: string, after: string): string[] {
  const [old, new_]: Json[] = [JSON.parse(before), JSON.parse(after)];
  const found = compare('', old, new_);
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
      compare(place === '' ? key : `${place}.${key}`, memberOf(before, key), memberOf(after, key)),
    );
  }
  return [`~ ${place}: ${brief(before)} -> ${brief(after)}`];
}

type Members = { [key: string]: Json };

function memberOf(container: Json[] | Members, key: string): Json | undefined {
  return Array.isArray(container) ? container[Number(key)] : container[key];
}

function isContainer(value: Json): value is Json[] | Members {
  return typeof value === 'object' && value !== null;
}

function brief(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
