import { isLiteral } from '../../lib/compliance/values';
import { type AssemblyOptions, withAssembly } from '../assembly';
import { type AwsPlace, placeOf } from '../aws';
import type { RunPaths } from '../paths';
import { Aws } from './aws';
import { LiveCatalog } from './catalog';
import { type TableName, keyOf } from './table-name';
import { deployedStack } from './deployed';
import { optimizerTypes } from './optimizers';
import { type StackPair, refusedChanges } from './refused-changes';
import { type Judged, type Plan, type RefusedChange, labelOf, planOf } from './report';
import type { SynthesizedStack } from './stack-templates';
import { stacksIn } from './synthesized';
import { type Declared, type DeclaredTable, declaredIn } from './template-tables';
import { verdictOn } from './verdict';

/** What `lakehouse plan` takes. */
export interface PlanOptions extends AssemblyOptions, AwsPlace {
  /** For programs. */
  readonly json?: boolean;
}

/**
 * Compares the Iceberg tables of an environment's templates with those that were deployed and those that are there. Reads only.
 *
 * @throws LakehouseError when the app cannot be synthesized, when there is no region, or when somebody may not read
 */
export function plan(environment: string, options: PlanOptions, paths: RunPaths): Promise<Plan> {
  const place = placeOf(environment, options, paths);
  return withAssembly(environment, options, async (directory) => {
    const judged: Judged[] = [];
    const refused: RefusedChange[] = [];
    const all = stacksIn(directory);
    for (const region of new Set(all.map((stack) => place.region ?? stack.region))) {
      const stacks = all.filter((stack) => (place.region ?? stack.region) === region);
      const aws = await Aws.of({ endpoint: place.endpoint, region });
      try {
        const pairs = await withDeployed(aws, stacks);
        judged.push(...(await judgedIn(aws, pairs)));
        refused.push(...pairs.flatMap(refusedChanges));
      } finally {
        aws.close();
      }
    }
    return planOf({ environment, endpoint: place.endpoint, refused }, judged);
  });
}

async function withDeployed(aws: Aws, stacks: readonly SynthesizedStack[]): Promise<StackPair[]> {
  const pairs: StackPair[] = [];
  for (const after of stacks) {
    pairs.push({ after, before: await deployedStack(aws, after.name) });
  }
  return pairs;
}

/** Judges the tables of all stacks of a region together, so that one which goes from one to the other is seen. */
async function judgedIn(aws: Aws, pairs: readonly StackPair[]): Promise<Judged[]> {
  const [desired, deployed] = [new Map<string, DeclaredTable>(), new Map<string, DeclaredTable>()];
  const databases = new Set<string>();
  const add = (declared: Declared, tables: Map<string, DeclaredTable>): void => {
    declared.tables.forEach((table) => tables.set(keyOf(table), table));
    [...declared.databases, ...declared.tables.map(({ database }) => database)].forEach((name) => databases.add(name));
  };
  for (const { after, before } of pairs) {
    add(declaredIn(after, before?.physicalIds), desired);
    if (before !== undefined) {
      add(declaredIn(before, before.physicalIds), deployed);
    }
  }
  const catalog = await LiveCatalog.of(aws, [...databases].filter(isLiteral));
  const declared = new Map<string, TableName>([...deployed, ...desired]);
  const named = [...declared].filter(([, { database }]) => isLiteral(database));
  const live = await catalog.read(
    named.map(([key, { database, name }]) => ({
      database,
      name,
      optimizers: optimizerTypes(deployed.get(key)?.definition.optimizers),
    })),
  );
  const all = new Map<string, TableName>([...catalog.names().map((name) => [keyOf(name), name] as const), ...declared]);
  return [...all.keys()].toSorted().map((key) => {
    const { database, name } = all.get(key) ?? { database: '', name: key };
    const label = labelOf({ database, name });
    const sides = {
      database,
      name,
      label,
      desired: desired.get(key),
      deployed: deployed.get(key),
      live: live.get(key),
    };
    return { database, name, label, region: aws.region, verdict: verdictOn(sides) };
  });
}
