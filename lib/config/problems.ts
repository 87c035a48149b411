import { type Problem, didYouMean } from '../private';

/** The problem unless something holds. */
export function unless(holds: boolean, otherwise: Problem): Problem[] {
  return holds ? [] : [otherwise];
}

/** The problem under another path. */
export function at(path: string, found: Problem): Problem {
  return { ...found, path };
}

/** The problems of a construct, under the section whose values it got. */
export function within(section: string, problems: Problem[]): Problem[] {
  return problems.map((found) => at(`${section}.${found.path}`, found));
}

/** A name that is none of those there are. */
export function unknownName(path: string, must: string, got: string, known: string[]): Problem {
  return { path, must, got, remedy: didYouMean(got, known) };
}

/** A value that is given and none of those there are. */
export function oneOf(path: string, must: string, got: string | undefined, known: string[]): Problem[] {
  return got === undefined || known.includes(got) ? [] : [unknownName(path, must, got, known)];
}

/** Days that are not a whole number of at least one. */
export function positiveDays(path: string, days: number | undefined): Problem[] {
  return unless(days === undefined || (Number.isInteger(days) && days >= 1), {
    path,
    must: 'a whole number of days, at least 1',
    got: days,
    remedy: 'correct it or leave it out',
  });
}

/** How long something may be idle. */
export const IDLE_MINUTES = { least: 1, most: 10_080, usual: 15 };

/** Minutes that are not a whole number within limits. The constructs' own rules come too late: no `Duration` is negative. */
export function minutesWithin(
  path: string,
  minutes: number | undefined,
  { least, most, usual }: { readonly least: number; readonly most: number; readonly usual: number },
): Problem[] {
  return unless(minutes === undefined || (Number.isInteger(minutes) && minutes >= least && minutes <= most), {
    path,
    must: `a whole number of minutes from ${least} to ${most}`,
    got: minutes,
    remedy: `use for example ${usual}`,
  });
}
