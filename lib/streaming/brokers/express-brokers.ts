import { Token } from 'aws-cdk-lib/core';
import type { Problem } from '../../private';
import { type BrokerKind, type BrokerSurroundings, countProblems } from './broker-kind';
import { KafkaBrokerType } from '../kafka-broker-type';
import type { ExpressBrokersOptions } from '../kafka-brokers';

/** The instance types of Express brokers. */
const EXPRESS_TYPE = /^m7g\.(large|([248]|12|16)?xlarge)$/;

/** Express brokers stand in as many zones as a record has replicas. */
const ZONES = 3;

/**
 * Brokers whose storage MSK looks after.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-broker-types-express.html
 */
export class ExpressBrokers implements BrokerKind {
  public readonly type = KafkaBrokerType.EXPRESS;
  public readonly isTiered = false;
  public readonly perZone: number;

  constructor(private readonly options: ExpressBrokersOptions) {
    this.perZone = options.perZone ?? 1;
  }

  public get instanceType(): string {
    return `express.${this.options.instanceType.toString()}`;
  }

  public get properties(): BrokerKind['properties'] {
    return { rebalancing: { status: (this.options.rebalancing ?? true) ? 'ACTIVE' : 'PAUSED' } };
  }

  public problems(): Problem[] {
    const got = this.options.instanceType.toString();
    const type: Problem = {
      path: 'brokers.instanceType',
      must: 'an m7g type, large or larger, without a prefix, which Express brokers run on',
      got,
      remedy: 'use for example m7g.large',
    };
    return [...countProblems(this.perZone), ...(Token.isUnresolved(got) || EXPRESS_TYPE.test(got) ? [] : [type])];
  }

  public problemsAround({ zones, version }: BrokerSurroundings): Problem[] {
    const problems: Problem[] = [];
    if (zones !== ZONES) {
      const remedy = 'name one subnet in each of three zones';
      problems.push({ path: 'vpcSubnets', must: 'three subnets for Express brokers', got: zones, remedy });
    }
    if (!runs(version.version)) {
      problems.push({
        path: 'version',
        must: 'one that Express brokers run with KRaft: 3.9, or 4.2 and later',
        got: version.version,
        remedy: 'use KafkaVersion.V3_9_X_KRAFT',
      });
    }
    return problems;
  }
}

/** Whether Express brokers run a version; 4.0 and 4.1 they skip. */
function runs(version: string): boolean {
  if (Token.isUnresolved(version)) {
    return true;
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 3 && minor === 9) || (major === 4 && minor >= 2) || major > 4;
}
