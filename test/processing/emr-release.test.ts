import { EmrRelease, InstanceArchitecture } from '../../lib/processing';

describe('EmrRelease', () => {
  test('knows two releases and what they bring', () => {
    expect(EmrRelease.knownLabels()).toEqual(['emr-7.14.0', 'emr-spark-8.1.0']);
    expect(EmrRelease.fromLabel('emr-7.14.0')).toBe(EmrRelease.EMR_7_14_0);
    expect(EmrRelease.EMR_7_14_0.runtime).toMatchObject({ spark: '3.5.6', iceberg: '1.10.1', scala: '2.12' });
    expect(EmrRelease.EMR_SPARK_8_1_0.runtime).toMatchObject({ spark: '4.1.1', scala: '2.13' });
  });

  test('can be one that this library does not know yet', () => {
    const runtime = { ...EmrRelease.EMR_7_14_0.runtime, spark: '3.5.7' };
    expect(EmrRelease.of('emr-7.15.0', runtime)).toMatchObject({ label: 'emr-7.15.0', runtime: { spark: '3.5.7' } });
  });

  test('fails on an unknown label and suggests the nearest', () => {
    expect(() => EmrRelease.fromLabel('emr-7.41.0')).toThrow(
      "'release' must be a known EMR release, got \"emr-7.41.0\"; did you mean 'emr-7.14.0'?",
    );
  });
});

describe('InstanceArchitecture', () => {
  test.each(InstanceArchitecture.names())('%s has steady types of one size and many task types', (name) => {
    const architecture = InstanceArchitecture.fromName(name);
    for (const type of architecture.steadyInstanceTypes()) {
      expect(type.toString()).toMatch(/^m\w+\.xlarge$/);
    }
    expect(new Set(architecture.taskInstanceTypes().map(String)).size).toBeGreaterThanOrEqual(10);
  });

  test('names the platform of Python packages', () => {
    expect(InstanceArchitecture.X86_64.pythonPlatform).toBe('x86_64');
    expect(InstanceArchitecture.ARM_64.pythonPlatform).toBe('aarch64');
  });

  test('fails on an unknown name', () => {
    expect(() => InstanceArchitecture.fromName('arm')).toThrow(
      '\'architecture\' must be a known architecture, got "arm"',
    );
  });
});
