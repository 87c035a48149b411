import { type Duration, Size, Token } from 'aws-cdk-lib/core';
import type { Problem } from '../private';
import { DEFAULT_NONCURRENT_EXPIRY, type TierTransition, type ZoneLifecycle } from './zone-lifecycle';

/** What Standard-IA and Glacier Instant Retrieval bill for an object at least. */
const LEAST_BILLED = Size.kibibytes(128);

/**
 * All that is wrong with a lifecycle, as problems to collect.
 *
 * A live zone holds tables: age says nothing about whether a snapshot still refers to a file, so nothing expires there
 * and nothing goes where a reader would have to wait for a restore.
 *
 * @internal
 */
export function lifecycleProblems(path: string, lifecycle: ZoneLifecycle, live: boolean): Problem[] {
  return [
    ...moveProblems(`${path}.transitions`, lifecycle.transitions ?? [], live),
    // no snapshot refers to a version that was overwritten or deleted
    ...moveProblems(`${path}.noncurrentTransitions`, lifecycle.noncurrentTransitions ?? [], false),
    ...expiryProblems(path, lifecycle, live),
    ...noncurrentProblems(path, lifecycle),
    ...dayProblems(`${path}.abortUploadsAfter`, lifecycle.abortUploadsAfter),
    ...sizeProblems(path, lifecycle),
  ];
}

/**
 * What is wrong with an age, which S3 takes in days. One that only the deployment knows is not looked at.
 *
 * @internal
 */
export function dayProblems(path: string, age: Duration | undefined, least: number = 1): Problem[] {
  const isRight = age === undefined || (age.isUnresolved() ? age.unitLabel() === 'days' : wholeDays(age) >= least);
  const must = least === 0 ? 'whole days' : `whole days, at least ${least}`;
  return isRight ? [] : [{ path, must, got: shown(age), remedy: 'S3 counts in days; use Duration.days' }];
}

/** The days of an age, no number where it is none of days or only the deployment knows it. */
function wholeDays(age: Duration): number {
  const days = age.isUnresolved() ? Number.NaN : age.toDays({ integral: false });
  return Number.isInteger(days) ? days : Number.NaN;
}

function shown(age: Duration): string {
  return age.isUnresolved() ? `${age.unitLabel()} known later` : `${age.toDays({ integral: false })} days`;
}

function moveProblems(path: string, moves: TierTransition[], live: boolean): Problem[] {
  return moves.flatMap((move, index) => {
    const place = `${path}[${index}]`;
    return [
      ...dayProblems(`${place}.after`, move.after, 0),
      ...tierProblems(place, move, live),
      ...orderProblems(place, moves[index - 1], move),
    ];
  });
}

function tierProblems(path: string, move: TierTransition, live: boolean): Problem[] {
  const { readableAtOnce, minimumAge } = move.tier._facts;
  const problems: Problem[] = [];
  if (live && !readableAtOnce) {
    problems.push({
      path: `${path}.tier`,
      must: 'a tier that is readable at once, because a table reads old files with every query and fails on an archived one',
      got: move.tier.name,
      remedy: 'use StorageTier.GLACIER_INSTANT, or copy what nobody queries to the archive zone',
    });
  }
  if (wholeDays(move.after) < minimumAge) {
    problems.push({
      path: `${path}.after`,
      must: `at least ${minimumAge} days for ${move.tier.name}`,
      got: shown(move.after),
      remedy: 'move the objects later, or use StorageTier.INTELLIGENT_TIERING, which has no minimum age',
    });
  }
  return problems;
}

function orderProblems(path: string, previous: TierTransition | undefined, move: TierTransition): Problem[] {
  if (previous === undefined) {
    return [];
  }
  const problems: Problem[] = [];
  if (move.tier._facts.rank <= previous.tier._facts.rank) {
    problems.push({
      path: `${path}.tier`,
      must: `a colder tier than ${previous.tier.name} before it`,
      got: move.tier.name,
      remedy: 'S3 moves objects only to colder tiers; order the transitions by tier',
    });
  }
  const earliest = wholeDays(previous.after) + Math.max(1, previous.tier._facts.minimumStay);
  if (wholeDays(move.after) < earliest) {
    problems.push({
      path: `${path}.after`,
      must: `at least ${earliest} days, because ${previous.tier.name} is billed for ${previous.tier._facts.minimumStay} days`,
      got: shown(move.after),
      remedy: 'move the objects later or leave the tier before it out',
    });
  }
  return problems;
}

function expiryProblems(path: string, lifecycle: ZoneLifecycle, live: boolean): Problem[] {
  const { expireAfter, transitions = [] } = lifecycle;
  if (expireAfter === undefined) {
    return [];
  }
  if (live) {
    return [
      {
        path: `${path}.expireAfter`,
        must: 'left out, because the age of a file does not say that no snapshot of a table needs it',
        got: shown(expireAfter),
        remedy: 'delete rows in the table and let snapshot expiry remove the files',
      },
    ];
  }
  return stayProblems(`${path}.expireAfter`, expireAfter, transitions);
}

function noncurrentProblems(path: string, lifecycle: ZoneLifecycle): Problem[] {
  const { noncurrentTransitions = [], noncurrentVersionsKept: kept } = lifecycle;
  const expireAfter = lifecycle.noncurrentExpireAfter ?? DEFAULT_NONCURRENT_EXPIRY;
  const problems = stayProblems(`${path}.noncurrentExpireAfter`, expireAfter, noncurrentTransitions);
  if (kept !== undefined && !Token.isUnresolved(kept) && !(Number.isInteger(kept) && kept >= 1 && kept <= 100)) {
    const must = 'a whole number from 1 to 100';
    problems.push({ path: `${path}.noncurrentVersionsKept`, must, got: kept, remedy: 'S3 keeps at most 100' });
  }
  return problems;
}

/** Objects that leave a tier before its minimum stay are billed for it all the same. */
function stayProblems(path: string, expireAfter: Duration, moves: TierTransition[]): Problem[] {
  const wrong = dayProblems(path, expireAfter);
  const last = moves.at(-1);
  if (wrong.length > 0 || last === undefined) {
    return wrong;
  }
  const earliest = wholeDays(last.after) + Math.max(1, last.tier._facts.minimumStay);
  return wholeDays(expireAfter) < earliest
    ? [
        {
          path,
          must: `at least ${earliest} days, after the last transition and its minimum stay`,
          got: shown(expireAfter),
          remedy: 'expire the objects later or leave the last transition out',
        },
      ]
    : [];
}

function sizeProblems(path: string, lifecycle: ZoneLifecycle): Problem[] {
  const { minimumObjectSize: smallest, maximumObjectSize: largest, transitions = [] } = lifecycle;
  const problems: Problem[] = [];
  if (smallest !== undefined && smallest.toBytes() < LEAST_BILLED.toBytes()) {
    problems.push({
      path: `${path}.minimumObjectSize`,
      must: 'at least 128 KiB, because colder tiers bill smaller objects as that much',
      got: `${smallest.toBytes()} bytes`,
      remedy: 'raise it, or leave it out',
    });
  }
  if (largest !== undefined && largest.toBytes() < (smallest ?? LEAST_BILLED).toBytes()) {
    problems.push({
      path: `${path}.maximumObjectSize`,
      must: 'at least the smallest object that moves',
      got: `${largest.toBytes()} bytes`,
      remedy: 'raise it, or leave the transitions out',
    });
  }
  const moves = [...transitions, ...(lifecycle.noncurrentTransitions ?? [])];
  if (moves.length === 0 && (smallest ?? largest) !== undefined) {
    const name = smallest === undefined ? 'maximumObjectSize' : 'minimumObjectSize';
    const what = { path: `${path}.${name}`, must: 'left out where nothing moves', got: 'a size' };
    problems.push({ ...what, remedy: 'leave it out, or say what moves' });
  }
  return problems;
}
