import { Token } from 'aws-cdk-lib/core';
import type { Problem } from '../private';

/** The instance types of standard brokers: m5 and m7g from large on. */
const STANDARD_TYPE = /^(m5\.(large|([248]|12|16|24)?xlarge)|m7g\.(large|([248]|12|16)?xlarge))$/;

/** The largest volume of a standard broker, in GiB. */
const LARGEST_VOLUME = 16_384;

/** Brokers as plain values. */
export interface BrokerFacts {
  readonly instanceType: string;
  readonly perZone: number;
  readonly volumeGib: number;
}

/** What the props are called that hold the values of brokers. */
export type BrokerPaths = { readonly [K in keyof BrokerFacts]: string };

/** All that MSK would refuse in brokers. */
export function brokerProblems(facts: BrokerFacts, paths: BrokerPaths): Problem[] {
  return [
    ...countProblems(facts.perZone, paths.perZone),
    ...typeProblems(facts.instanceType, paths.instanceType),
    ...volumeProblems(facts.volumeGib, paths.volumeGib),
  ];
}

function countProblems(got: number, path: string): Problem[] {
  const must =
    'a whole number of at least 1, because MSK takes only a multiple of the subnets as the number of brokers';
  return Token.isUnresolved(got) || (Number.isInteger(got) && got >= 1)
    ? []
    : [{ path, must, got, remedy: 'use 1 for one broker in each zone' }];
}

function typeProblems(got: string, path: string): Problem[] {
  if (Token.isUnresolved(got) || STANDARD_TYPE.test(got)) {
    return [];
  }
  const smallest = { must: 'a type that runs Kafka with KRaft', remedy: 'the smallest that does is m7g.large' };
  const other = { must: 'an m7g or m5 type, large or larger, without a prefix', remedy: 'use for example m7g.large' };
  return [{ path, got, ...(got === 't3.small' ? smallest : other) }];
}

function volumeProblems(got: number, path: string): Problem[] {
  const must = `between 1 and ${LARGEST_VOLUME} GiB, in whole GiB`;
  return Number.isInteger(got) && got >= 1 && got <= LARGEST_VOLUME
    ? []
    : [{ path, must, got: `${got} GiB`, remedy: 'use for example 100 GiB, or more brokers' }];
}
