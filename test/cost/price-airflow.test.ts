import { type Declared, costOf, estimate, lineOf } from './estimates';

function airflow(Properties: Declared['Properties']): { [id: string]: Declared } {
  return { Air: { Type: 'AWS::MWAA::Environment', Properties } };
}

const ONE_OF_EACH = { MinWorkers: 1, MaxWorkers: 1, Schedulers: 1, MinWebservers: 1, MaxWebservers: 1 };

describe('Airflow', () => {
  test('costs its environment, database and metrics, as in the plain lake', () => {
    const made = estimate(airflow({ EnvironmentClass: 'mw1.small' }));
    // by hand: 730 h x 0.49 = 357.70, 10 GB x 0.10 = 1.00; 100 metrics x 0.30 = 30.00
    expect(costOf(made, 'MWAA')).toBeCloseTo(358.7, 6);
    expect(costOf(made, 'CloudWatch')).toBeCloseTo(30, 6);
    expect(made.plainMonthly).toBeCloseTo(made.monthly, 6);
  });

  test('costs what it has beyond one worker, two schedulers and two web servers', () => {
    const counts = { MinWorkers: 2, MaxWorkers: 12, Schedulers: 3, MinWebservers: 2, MaxWebservers: 5 };
    const given = { hoursPerMonth: 100, airflowDuty: 0.1 };
    const made = estimate(airflow({ EnvironmentClass: 'mw1.medium', ...counts }), given);
    // 1 worker and a tenth of 10, 1 scheduler, a tenth of 3 web servers
    expect(lineOf(made, 'Air more workers, schedulers and web servers').monthly).toBeCloseTo(3.3 * 100 * 0.11, 6);
  });

  test('of the micro class has one of each, at a price that is at most that of the small one', () => {
    const made = estimate(airflow({ EnvironmentClass: 'mw1.micro', ...ONE_OF_EACH }));
    expect(lineOf(made, 'Air mw1.micro')).toMatchObject({ unitPrice: 0.49, verified: false });
    expect(made.notEstimated).toEqual([]);
  });

  test('costs what the user assumes', () => {
    const given = { airflowMetadataGigabytes: 0, airflowMetrics: 10, prices: { 'mwaa.mw1.2xlarge': 4 } };
    const made = estimate(airflow({ EnvironmentClass: 'mw1.2xlarge' }), given);
    expect(made.monthly).toBeCloseTo(730 * 4 + 10 * 0.3, 6);
  });

  test('of a class without a price is named', () => {
    expect(estimate(airflow({ EnvironmentClass: 'mw1.xlarge' })).notEstimated).toEqual([
      "Air mw1.xlarge: no price 'mwaa.mw1.xlarge'",
    ]);
  });
});
