import { KafkaVersion } from '../../lib/streaming';

describe('KafkaVersion', () => {
  test('is known by the name MSK writes, each with KRaft', () => {
    expect(KafkaVersion.fromVersion('3.9.x.kraft')).toBe(KafkaVersion.V3_9_X_KRAFT);
    expect(KafkaVersion.knownVersions().filter((version) => !version.endsWith('.kraft'))).toEqual([]);
    expect(KafkaVersion.knownVersions().length).toBeGreaterThan(2);
  });

  test('can be one that is not known yet', () => {
    expect(KafkaVersion.of('4.3.x.kraft').version).toBe('4.3.x.kraft');
  });

  test.each(['3.9.x', '3.9', 'kraft', '3.6.x.kraft'])(
    'fails when %s would need ZooKeeper or is no version',
    (version) => {
      expect(() => KafkaVersion.of(version)).toThrow(
        `'version' must be a version with KRaft, as MSK writes it, got "${version}"; use a version such as '3.9.x.kraft'`,
      );
    },
  );

  test('fails when a name is not known, and names the nearest', () => {
    expect(() => KafkaVersion.fromVersion('3.9.kraft')).toThrow(
      "'version' must be a known version of Kafka, got \"3.9.kraft\"; did you mean '3.9.x.kraft'?",
    );
  });
});
