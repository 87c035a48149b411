import { type Problem, didYouMean } from '../private';
import { type BrokerFacts, type BrokerPaths, brokerProblems } from './broker-problems';
import { KafkaMonitoring } from './kafka-monitoring';
import { KafkaVersion } from './kafka-version';

/**
 * A cluster as plain values, as a configuration gives them; what is left out has its default.
 *
 * @internal
 */
export interface KafkaFacts {
  /** The version, as MSK writes it. */
  readonly version?: string;
  /** The level of the metrics, as MSK writes it. */
  readonly monitoring?: string;
  /** The instance type of a broker, without MSK's own prefix. */
  readonly instanceType?: string;
  /** Brokers in each zone. */
  readonly perZone?: number;
  /** The volume of each broker in GiB. */
  readonly volumeGib?: number;
  /** How many zones there are, each with one subnet. */
  readonly zones?: number;
}

/** What the values are called where nothing else is said. */
const IN_FACTS: BrokerPaths = { instanceType: 'instanceType', perZone: 'perZone', volumeGib: 'volumeGib' };

/** Brokers nobody could object to. */
const ANY_BROKERS: BrokerFacts = { instanceType: 'm7g.large', perZone: 1, volumeGib: 100 };

/**
 * All that MSK would refuse in a cluster that is still plain values, before there is a construct.
 *
 * @param paths what the values of brokers are called, where they have other names
 * @internal
 */
export function kafkaProblems(facts: KafkaFacts, paths: Partial<BrokerPaths> = {}): Problem[] {
  const { version, monitoring, zones = 3 } = facts;
  const { instanceType, perZone, volumeGib } = ANY_BROKERS;
  const brokers = {
    instanceType: facts.instanceType ?? instanceType,
    perZone: facts.perZone ?? perZone,
    volumeGib: facts.volumeGib ?? volumeGib,
  };
  return [
    ...unknown('version', 'a known version of Kafka', version, KafkaVersion.knownVersions()),
    ...brokerProblems(brokers, { ...IN_FACTS, ...paths }),
    ...unknown('monitoring', 'a level of monitoring', monitoring, Object.values(KafkaMonitoring)),
    ...(zones === 2 || zones === 3
      ? []
      : [
          {
            path: 'zones',
            must: '2 or 3, as MSK takes no other number',
            got: zones,
            remedy: 'name two or three zones',
          },
        ]),
  ];
}

/**
 * The level of monitoring of that name; undefined when there is none.
 *
 * @internal
 */
export function kafkaMonitoringOf(name: string): KafkaMonitoring | undefined {
  const levels = new Map<string, KafkaMonitoring>(Object.values(KafkaMonitoring).map((level) => [level, level]));
  return levels.get(name);
}

function unknown(path: string, must: string, got: string | undefined, known: string[]): Problem[] {
  return got === undefined || known.includes(got) ? [] : [{ path, must, got, remedy: didYouMean(got, known) }];
}
