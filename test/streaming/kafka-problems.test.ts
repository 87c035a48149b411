import { KafkaMonitoring, kafkaMonitoringOf, kafkaProblems } from '../../lib/streaming';

describe('kafkaProblems', () => {
  test('has none for what MSK takes, nor for nothing at all', () => {
    const facts = { version: '4.0.x.kraft', instanceType: 'm7g.xlarge', perZone: 2, volumeGib: 500, zones: 2 };
    expect(kafkaProblems({ ...facts, monitoring: 'PER_TOPIC_PER_BROKER' })).toEqual([]);
    expect(kafkaProblems({})).toEqual([]);
  });

  test('names everything MSK would refuse at once, by the names the values have', () => {
    const facts = { version: '3.9.kraft', instanceType: 't3.small', perZone: 0, volumeGib: 0, zones: 1 };
    const paths = { volumeGib: 'storageGib' };
    expect(kafkaProblems({ ...facts, monitoring: 'PER_BROKR' }, paths)).toEqual([
      expect.objectContaining({ path: 'version', got: '3.9.kraft', remedy: "did you mean '3.9.x.kraft'?" }),
      expect.objectContaining({ path: 'perZone', got: 0 }),
      expect.objectContaining({ path: 'instanceType', got: 't3.small' }),
      expect.objectContaining({ path: 'storageGib', got: '0 GiB' }),
      expect.objectContaining({ path: 'monitoring', got: 'PER_BROKR', remedy: "did you mean 'PER_BROKER'?" }),
      expect.objectContaining({ path: 'zones', must: '2 or 3, as MSK takes no other number', got: 1 }),
    ]);
  });
});

describe('kafkaMonitoringOf', () => {
  test('finds a level by its name', () => {
    expect(kafkaMonitoringOf('PER_TOPIC_PER_PARTITION')).toBe(KafkaMonitoring.PER_TOPIC_PER_PARTITION);
    expect(kafkaMonitoringOf('ALL')).toBeUndefined();
  });
});
