import { isLiteral } from '../../lib/compliance/values';
import { COMMAND } from '../../lib/private/command';
import { problem } from '../../lib/private/errors';
import type { LiveTable } from './catalog';
import type { TableName } from './table-name';
import { type Change, type ChangeKind, changesBetween } from './changes';
import type { TableDefinition } from './definition';
import { illegalChanges } from './legality';
import type { DeclaredTable } from './template-tables';
import { outsideWords } from './words';

/** What a deployment would find and do. */
export const STATUSES = [
  'create',
  'import',
  'evolve',
  'release',
  'no change',
  'drifted',
  'illegal',
  'unmanaged',
] as const;

export type Status = (typeof STATUSES)[number];

/** What there is to say of one table. */
export interface Verdict {
  readonly status: Status;
  /** What a deployment would change. */
  readonly changes: Change[];
  /** What was changed outside of deployments. */
  readonly drift: string[];
  /** What Iceberg, Glue or CloudFormation would refuse, or what rows would be lost by; each with its remedy. */
  readonly problems: string[];
  /** One more thing to know. */
  readonly note?: string;
}

/** A table from its three sides. */
export interface Sides extends TableName {
  /** As messages show it. */
  readonly label: string;
  /** As the app has it now. */
  readonly desired?: DeclaredTable;
  /** As it was deployed last. */
  readonly deployed?: DeclaredTable;
  /** As it is; undefined when it is not there. */
  readonly live?: LiveTable;
}

interface Values {
  readonly [name: string]: string;
}

/** What does not make a table another one. */
const BESIDES = new Set<ChangeKind>(['property', 'comment', 'column doc', 'optimizer']);

const SILENT = { changes: [], drift: [], problems: [] };

/** Judges a table: drift is what differs from what was deployed, evolution what the app wants to be other than that. */
export function verdictOn(sides: Sides): Verdict {
  const { desired, deployed, live } = sides;
  if (desired !== undefined && deployed !== undefined) {
    return evolved(sides, desired, deployed);
  }
  if (desired !== undefined) {
    return live === undefined ? { ...SILENT, status: 'create' } : foreign(sides, desired, live);
  }
  if (deployed !== undefined) {
    return released(sides, deployed);
  }
  return { ...SILENT, status: 'unmanaged' };
}

function evolved({ label, live }: Sides, desired: DeclaredTable, deployed: DeclaredTable): Verdict {
  const changes = changesBetween(deployed.definition, desired.definition);
  const history = live?.wrong === undefined ? live?.metadata.history : undefined;
  const evolution = { table: label, before: deployed.definition, after: desired.definition, history };
  const problems = [...moved(label, desired, deployed), ...illegalChanges(evolution)];
  const drift = driftOf(deployed.definition, desired.definition, live);
  const status =
    problems.length > 0 ? 'illegal' : drift.length > 0 ? 'drifted' : changes.length > 0 ? 'evolve' : 'no change';
  return { status, changes, drift, problems };
}

/** What somebody changed; nothing when it is what the app wants too, as after an import of the change. */
function driftOf(deployed: TableDefinition, desired: TableDefinition, live: LiveTable | undefined): string[] {
  if (live === undefined) {
    return ['the table is gone; take it back, or deploy without it first to have it created anew'];
  }
  if (live.wrong !== undefined) {
    return [live.wrong];
  }
  const { definition } = live.metadata;
  const isWanted = changesBetween(withPropertiesOf(desired, definition), desired).length === 0;
  return isWanted ? [] : changesBetween(deployed, withPropertiesOf(deployed, definition)).map(outsideWords);
}

/** Jobs and engines have properties of their own; only those that the template sets are the deployment's. */
function withPropertiesOf(template: TableDefinition, live: TableDefinition): TableDefinition {
  return {
    ...live,
    properties: among(template.properties, live.properties),
    optimizers: among(template.optimizers, live.optimizers),
  };
}

function among(known: Values, all: Values): Values {
  return Object.fromEntries(Object.entries(all).filter(([name]) => Object.hasOwn(known, name)));
}

/** CloudFormation makes the new resource before it lets the old one go, and Glue has one table of a name. */
function moved(label: string, desired: DeclaredTable, deployed: DeclaredTable): string[] {
  const remedy = "leave the table in its stack and under its logical id, or move it with 'cdk refactor'";
  return desired.address === deployed.address
    ? []
    : [problem({ path: label, must: `declared at ${deployed.address}`, got: desired.address, remedy })];
}

/** A table that no stack made, where the app wants to have one made. */
function foreign({ label, database, name }: Sides, desired: DeclaredTable, live: LiveTable): Verdict {
  const must = 'a name that no table has';
  if (live.wrong !== undefined) {
    const remedy = 'drop it, or give the table of the app another name';
    return { ...SILENT, status: 'illegal', problems: [problem({ path: label, must, got: live.wrong, remedy })] };
  }
  const before = withPropertiesOf(desired.definition, live.metadata.definition);
  const changes = changesBetween(before, samePlace(desired.definition, before));
  if (changes.every(({ kind }) => BESIDES.has(kind))) {
    const note = 'in no stack yet, so a deploy would be refused: take it in by a resource import of CloudFormation';
    return { ...SILENT, status: 'import', changes, note };
  }
  const got = 'one that was made by hand';
  const remedy = `write its contract with '${COMMAND} adopt ${database}.${name}', or give the new one another name`;
  return { ...SILENT, status: 'illegal', changes, problems: [problem({ path: label, must, got, remedy })] };
}

/** Of a bucket that is not deployed the name is not known: the folder alone is compared. */
function samePlace(desired: TableDefinition, live: TableDefinition): TableDefinition {
  const isSame = !isLiteral(desired.location) && folderOf(desired.location) === folderOf(live.location);
  return isSame ? { ...desired, location: live.location } : desired;
}

function folderOf(location: string): string {
  return location.replace(/^s3[an]?:\/\/(\$\{[^}]+\}|[^/]+)/, '');
}

function released({ label, live }: Sides, deployed: DeclaredTable): Verdict {
  if (live === undefined || deployed.isRetained) {
    const note =
      live === undefined ? 'leaves the stack, and is gone already' : 'leaves the stack; the table and its files stay';
    return { ...SILENT, status: 'release', note };
  }
  const remedy = 'keep it in the app, or deploy it with a removal policy that retains it first';
  const lost = { path: label, must: 'kept or retained', got: 'taken out of the app, which deletes it', remedy };
  return { ...SILENT, status: 'illegal', problems: [problem(lost)] };
}
