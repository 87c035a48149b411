import { Token } from 'aws-cdk-lib/core';
import { AirflowSize, AirflowVersion } from '../../lib/orchestration';

describe('AirflowVersion', () => {
  test.each([
    ['2.10.3', '3.11'],
    ['2.11.0', '3.12'],
    ['2.11.2', '3.12'],
    ['3.0.6', '3.12'],
    ['3.2.1', '3.12'],
    ['3.3.1', '3.12'],
  ])('%s runs on Python %s', (name, python) => {
    expect(AirflowVersion.fromName(name).python).toBe(python);
  });

  test('knows these versions and no others', () => {
    expect(AirflowVersion.knownVersions()).toEqual(['2.10.3', '2.11.0', '2.11.2', '3.0.6', '3.2.1', '3.3.1']);
  });

  test('names the constraints of its version and its Python', () => {
    expect(AirflowVersion.V2_10_3.constraintsUrl).toBe(
      'https://raw.githubusercontent.com/apache/airflow/constraints-2.10.3/constraints-3.11.txt',
    );
  });

  test('fails when a version is unknown, and names the nearest', () => {
    expect(() => AirflowVersion.fromName('3.0.7')).toThrow(
      "'version' must be a known version of Airflow, got \"3.0.7\"; did you mean '3.0.6'?",
    );
  });

  test('takes a version of the future', () => {
    const version = AirflowVersion.of('3.4.0', '3.13');
    expect(version.constraintsUrl).toMatch(/constraints-3\.4\.0\/constraints-3\.13\.txt$/);
    expect(version._isAtLeast(3, 2)).toBe(true);
    expect(version._isAtLeast(3, 5)).toBe(false);
    expect(AirflowVersion.of(Token.asString({ Ref: 'Version' }), '3.12')._isAtLeast(3, 2)).toBeUndefined();
  });

  test.each([
    ['3.0', '3.12', "'version' must be three numbers with dots, got \"3.0\"; use a version such as '3.0.6'"],
    ['3.0.6', '312', "'python' must be a minor version of Python 3, got \"312\"; use one such as '3.12'"],
  ])('fails when made of %s and %s', (version, python, message) => {
    expect(() => AirflowVersion.of(version, python)).toThrow(message);
  });
});

describe('AirflowSize', () => {
  test.each([
    ['mw1.micro', 25, 3, false],
    ['mw1.small', 50, 5, true],
    ['mw1.medium', 250, 10, true],
    ['mw1.large', 1000, 20, true],
    ['mw1.xlarge', 2000, 40, true],
    ['mw1.2xlarge', 4000, 80, true],
  ])('%s holds %d DAGs and runs %d tasks on a worker', (name, dagCapacity, tasksPerWorker, scales) => {
    expect(AirflowSize.fromName(name)).toMatchObject({ environmentClass: name, dagCapacity, tasksPerWorker, scales });
  });

  test('fails when a class is unknown, and names the nearest', () => {
    expect(AirflowSize.knownNames()).toHaveLength(6);
    expect(() => AirflowSize.fromName('mw1.smal')).toThrow(
      "'size' must be a known environment class, got \"mw1.smal\"; did you mean 'mw1.small'?",
    );
  });
});
