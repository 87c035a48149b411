import * as glue from 'aws-cdk-lib/aws-glue';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { CfnResource, Duration, Stack, Token } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { CompactionStrategy } from '../contracts';
import { type Problem, failAll, problem } from '../private';
import { type IIcebergTable, IcebergTable } from './iceberg-table';
import { optimizerRole } from './optimizer-role';

const RETENTION = Duration.days(7);

/** As many as a table has in months when it is loaded daily: what a pipeline goes by is among them. */
const SNAPSHOTS = 100;

/** Properties of TableOptimizers. */
export interface TableOptimizersProps {
  /** The table. */
  readonly table: IIcebergTable;

  /**
   * The role that Glue takes. It reads and writes the table, and makes log streams.
   *
   * @default - a new role, for this table alone
   */
  readonly role?: iam.IRole;

  /**
   * How compaction orders rows. Other than `BINPACK` needs a table with sort fields.
   *
   * @default CompactionStrategy.BINPACK
   */
  readonly compaction?: CompactionStrategy;

  /**
   * How long old versions of the table can be read at least, in whole days. Longer than the longest query, than a
   * reader that goes from snapshot to snapshot may stand still, and than a run may have to be repeated.
   *
   * @default Duration.days(7)
   */
  readonly snapshotRetention?: Duration;

  /**
   * How many of the newest versions stay whatever their age, at least 1.
   *
   * @default 100
   */
  readonly snapshotsToRetain?: number;

  /**
   * How old a file is that belongs to no version before it is deleted, in whole days. Longer than the longest write, whose
   * files belong to none until it commits.
   *
   * @default Duration.days(7)
   */
  readonly orphanRetention?: Duration;
}

/**
 * Has Glue look after an Iceberg table: small files are joined, old versions given up, files that belong to none deleted.
 *
 * The table needs a folder of its own: what lies in it and is no file of the table is deleted.
 *
 * Fails when a duration is not whole days, or a number too small, all problems at once.
 *
 * @see https://docs.aws.amazon.com/glue/latest/dg/table-optimizers.html
 */
export class TableOptimizers extends Construct {
  /** The role that Glue takes. */
  public readonly role: iam.IRole;

  private readonly table: IIcebergTable;

  constructor(scope: Construct, id: string, props: TableOptimizersProps) {
    super(scope, id);
    failAll(`optimizers '${this.node.path}'`, problemsOf(props).map(problem));
    this.table = props.table;
    this.role = props.role ?? this.ownRole();
    this.define('Compaction', 'compaction', {
      compactionConfiguration: { icebergConfiguration: { strategy: props.compaction ?? CompactionStrategy.BINPACK } },
    });
    this.define('Retention', 'retention', {
      retentionConfiguration: {
        icebergConfiguration: {
          snapshotRetentionPeriodInDays: (props.snapshotRetention ?? RETENTION).toDays(),
          numberOfSnapshotsToRetain: props.snapshotsToRetain ?? SNAPSHOTS,
          cleanExpiredFiles: true,
        },
      },
    });
    this.define('OrphanFiles', 'orphan_file_deletion', {
      orphanFileDeletionConfiguration: {
        icebergConfiguration: { orphanFileRetentionPeriodInDays: (props.orphanRetention ?? RETENTION).toDays() },
      },
    });
  }

  private define(
    id: string,
    type: string,
    configuration: Partial<glue.CfnTableOptimizer.TableOptimizerConfigurationProperty>,
  ): void {
    const optimizer = new glue.CfnTableOptimizer(this, id, {
      catalogId: Stack.of(this.table).account,
      databaseName: this.table.databaseName,
      tableName: this.table.tableName,
      type,
      tableOptimizerConfiguration: { roleArn: this.role.roleArn, enabled: true, ...configuration },
    });
    // the names are plain texts, in which CloudFormation sees no reference
    const resource = this.table.node.defaultChild;
    if (CfnResource.isCfnResource(resource)) {
      optimizer.addResourceDependency(resource);
    }
    // Glue tries the role when an optimizer is made, so what it may do comes before
    if (this.role.node.scope === this) {
      optimizer.node.addDependency(this.role);
    }
  }

  private ownRole(): iam.Role {
    const role = optimizerRole(this, 'Role', `Glue looks after ${this.table.databaseName}.${this.table.tableName}`);
    this.table.grants.readWrite(role);
    return role;
  }
}

function problemsOf(props: TableOptimizersProps): Problem[] {
  return [...durationProblems(props), ...countProblems(props), ...strategyProblems(props)];
}

function durationProblems({ snapshotRetention, orphanRetention }: TableOptimizersProps): Problem[] {
  return Object.entries({ snapshotRetention, orphanRetention }).flatMap(([path, duration]): Problem[] => {
    const days = duration?.isUnresolved() === true ? undefined : duration?.toDays({ integral: false });
    const isWrong = days !== undefined && !(Number.isInteger(days) && days >= 1);
    const remedy = 'Glue counts in days';
    return isWrong ? [{ path, must: 'whole days, at least 1', got: `${days} days`, remedy }] : [];
  });
}

function countProblems({ snapshotsToRetain: got = SNAPSHOTS }: TableOptimizersProps): Problem[] {
  const isRight = Token.isUnresolved(got) || (Number.isInteger(got) && got >= 1);
  const remedy = 'the newest version is the table itself';
  return isRight ? [] : [{ path: 'snapshotsToRetain', must: 'a whole number of at least 1', got, remedy }];
}

function strategyProblems({ table, compaction: got = CompactionStrategy.BINPACK }: TableOptimizersProps): Problem[] {
  const isRight = got === CompactionStrategy.BINPACK || !(table instanceof IcebergTable) || table._isSorted;
  const remedy = 'give the table sortFields, or leave it out';
  return isRight ? [] : [{ path: 'compaction', must: 'binpack for a table without sort fields', got, remedy }];
}
