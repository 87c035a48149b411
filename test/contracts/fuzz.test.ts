import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, NestedStack, Stack } from 'aws-cdk-lib/core';
import { LakeCatalog } from '../../lib/catalog';
import { DataContracts, SchemaLock } from '../../lib/contracts';
import { LakehouseError } from '../../lib/private';
import { LakeStorage } from '../../lib/storage';
import { Random } from '../support/random';
import { resourcesIn } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';
import { mutate } from './mutations';

/** How many contracts are tried: a few in the quick tests, all of them in `npm run test:full`. */
const CASES = Number(process.env.LAKEHOUSE_FUZZ_CASES ?? 300);

/** Contracts of one seed are one test, so that a failure is found again with little. */
const CASES_OF_A_SEED = 100;

const SILVER = path.join(__dirname, '../../contracts/silver');

/** What a contract needs beside it. */
const BESIDE: { readonly [file: string]: string } = { 'departures_hourly.yaml': 'flight_events.yaml' };

const shipped = fs
  .readdirSync(SILVER)
  .map((file) => ({ file, text: fs.readFileSync(path.join(SILVER, file), 'utf8') }));

const PROBLEM =
  /^ {2}- contracts\/silver\/\w+\.yaml:\d+:\d+: '[^']+' must be (?!Invalid|Too |Unrec|Expect)\S.*, got .+; \S.*$/;

/** One of so many tables' templates is made: it takes longer than all the rest. */
const TEMPLATE_EACH = 10;

/** What a call gives, or the message of the library's own error; any other error is none of what may happen. */
function outcomeOf<T>(call: () => T): T | string {
  try {
    return call();
  } catch (error) {
    if (error instanceof LakehouseError) {
      return error.message;
    }
    throw error;
  }
}

/** What is wrong with how the contract ends; undefined when it ends in clear problems or in tables. */
function complaint(mutated: string, file: string, withTemplate: boolean): string | undefined {
  const root = path.join(temporaryDirectory(), 'contracts');
  fs.mkdirSync(path.join(root, 'silver'), { recursive: true });
  fs.writeFileSync(path.join(root, 'silver', file), mutated);
  const beside = BESIDE[file];
  if (beside !== undefined) {
    fs.copyFileSync(path.join(SILVER, beside), path.join(root, 'silver', beside));
  }
  try {
    const contracts = outcomeOf(() => DataContracts.fromDirectory(root));
    if (typeof contracts === 'string') {
      return unclear(contracts);
    }
    const { lock } = SchemaLock.empty().update(contracts);
    lock.check(contracts);
    return withTemplate ? withoutTemplate(contracts, lock) : undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
}

/** The first line of a message that does not say where, what and what to do. */
function unclear(message: string): string | undefined {
  const [count = '', ...problems] = message.split('\n');
  const [number] = /^\d+(?= problems? in contract directory 'contracts':$)/.exec(count) ?? [];
  return Number(number) === problems.length ? problems.find((line) => !PROBLEM.test(line)) : message;
}

/** Why the tables have no template; undefined when they have one, with all of them. */
function withoutTemplate(contracts: DataContracts, schemaLock: SchemaLock): string | undefined {
  const stack = new Stack(new App(), 'Lake');
  const zones = new LakeStorage(stack, 'Zones');
  const catalog = new LakeCatalog(stack, 'Catalog', { zones, contracts, schemaLock });
  const nested = catalog.node.children.filter((child) => child instanceof NestedStack);
  const tables = nested.flatMap((child) => Object.keys(resourcesIn(child, 'AWS::Glue::Table')));
  const wanted = contracts.tables().length;
  return tables.length === wanted ? undefined : `${tables.length} tables in the template, not ${wanted}`;
}

describe('a mutated contract', () => {
  const seeds = Array.from({ length: Math.ceil(CASES / CASES_OF_A_SEED) }, (_, index) => index + 1);

  test.each(seeds)('ends in a clear error or in tables (seed %i)', (seed) => {
    const random = new Random(seed);
    const complaints: string[] = [];
    for (let number = 0; number < CASES_OF_A_SEED; number++) {
      const { file, text } = random.pick(shipped);
      const mutated = mutate(text, random);
      const what = complaint(mutated, file, number % TEMPLATE_EACH === 0);
      if (what !== undefined) {
        complaints.push(`case ${number}, ${file}: ${what}`);
      }
    }
    expect(complaints).toEqual([]);
  });
});
