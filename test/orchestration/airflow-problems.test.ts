import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { AirflowSize, AirflowVersion, DagBundle, WebserverAccess, airflowProblems } from '../../lib/orchestration';
import { testStack } from '../support/stacks';
import { CONSTRAINT, OFFLINE, build, bundle, pluginsOf, requirementsOf } from './environments';

describe('AirflowEnvironment fails when', () => {
  test.each([
    [
      { size: AirflowSize.MICRO, maxWorkers: 5 },
      "'maxWorkers' must be 1 on mw1.micro, got 5; leave it out, or choose AirflowSize.SMALL",
    ],
    [
      { size: AirflowSize.MICRO, maxWebservers: 2 },
      "'maxWebservers' must be 1 on mw1.micro, got 2; leave it out, or choose AirflowSize.SMALL",
    ],
    [{ size: AirflowSize.MICRO, schedulers: 2 }, "'schedulers' must be 1 on mw1.micro, got 2"],
    [{ maxWorkers: 26 }, "'maxWorkers' must be 1 to 25 on mw1.small, got 26; use a number from 1 to 25"],
    [{ minWorkers: 0 }, "'minWorkers' must be 1 to 25 on mw1.small, got 0"],
    [
      { minWorkers: 6, maxWorkers: 5 },
      "'minWorkers' must be at most maxWorkers, 5, got 6; raise maxWorkers or lower minWorkers",
    ],
    [{ minWebservers: 4, maxWebservers: 3 }, "'minWebservers' must be at most maxWebservers, 3, got 4"],
    [{ schedulers: 1 }, "'schedulers' must be 2 to 5 on mw1.small, got 1"],
    [{ schedulers: 2.5 }, "'schedulers' must be 2 to 5 on mw1.small, got 2.5"],
    [
      { access: WebserverAccess.PUBLIC_AND_PRIVATE },
      '\'access\' must be PRIVATE_ONLY or PUBLIC_ONLY on Airflow 3.0.6, got "PUBLIC_AND_PRIVATE"; choose Airflow 3.2 or later, or one of the two',
    ],
    [
      { weeklyMaintenanceWindowStart: 'SUN:03:15' },
      "'weeklyMaintenanceWindowStart' must be a day and a half hour in UTC, got \"SUN:03:15\"; use one such as 'SUN:03:30'",
    ],
    [
      { environmentName: '1st' },
      '\'environmentName\' must be 1 to 80 letters, digits, hyphens and underscores, a letter first, got "1st"; leave it out to get one',
    ],
    [{ environmentName: 'x'.repeat(81) }, "'environmentName' must be 1 to 80 letters"],
    [
      { airflowConfiguration: { 'celery.worker_concurrency': '4' } },
      "'airflowConfiguration.celery.worker_concurrency' must be an option that MWAA heeds, got \"4\"; set 'celery.worker_autoscale', '<most>,<least>' tasks of a worker",
    ],
    [
      { airflowConfiguration: { 'core.executor': 'x' } },
      '\'airflowConfiguration.core.executor\' must be an option that MWAA does not set itself, got "x"; leave it out',
    ],
    [
      { airflowConfiguration: { 'metrics.statsd_host': 'x' } },
      "'airflowConfiguration.metrics.statsd_host' must be an option that MWAA does not set itself",
    ],
    [
      { airflowConfiguration: { parallelism: '4' } },
      "'airflowConfiguration.parallelism' must be a section and an option of lower case letters, digits and underscores, at most 64 characters, got \"parallelism\"; use one such as 'core.parallelism'",
    ],
    [
      { airflowConfiguration: { 'core.parallelism': '' } },
      '\'airflowConfiguration.core.parallelism\' must be 1 to 65,536 printable ASCII characters, got ""; leave out an option without value',
    ],
  ])('it has %j', (props, message) => {
    expect(() => build(props)).toThrow(message);
  });

  test('its options are fine, it does not', () => {
    const airflowConfiguration = {
      'metrics.metrics_allow_list': 'ti',
      'celery.worker_autoscale': '5,1',
      'core.parallelism': '9',
    };
    expect(airflowProblems({ airflowConfiguration })).toEqual([]);
  });

  test('the requirements are those of another Airflow', () => {
    const stack = testStack();
    const dags = bundle({ requirements: requirementsOf(CONSTRAINT, 'apache-airflow==3.0.6') }, stack);
    const access = WebserverAccess.PUBLIC_ONLY;
    expect(() => build({ dags, access, version: AirflowVersion.V2_10_3 }, stack)).toThrow(
      [
        "2 problems in Airflow environment 'Test/Airflow':",
        `  - 'requirements line 1' must be the constraints of Airflow 2.10.3 on Python 3.11, got "${AirflowVersion.V3_0_6.constraintsUrl.slice(0, 48)}…${AirflowVersion.V3_0_6.constraintsUrl.slice(-29)}"; use ${AirflowVersion.V2_10_3.constraintsUrl}`,
        '  - \'requirements line 2\' must be Airflow 2.10.3, got "apache-airflow==3.0.6"; leave it out, because MWAA installs Airflow itself',
      ].join('\n'),
    );
  });

  test('it is private, and its requirements need a network', () => {
    const stack = testStack();
    const dags = bundle({ requirements: requirementsOf(CONSTRAINT, 'apache-airflow==3.0.6') }, stack);
    const copy = '--constraint /usr/local/airflow/plugins/constraints.txt';
    expect(() => build({ dags, version: AirflowVersion.V2_10_3 }, stack)).toThrow(
      [
        "4 problems in Airflow environment 'Test/Airflow':",
        `  - 'requirements line 1' must be a file that a private web server can read, got "${AirflowVersion.V3_0_6.constraintsUrl.slice(0, 48)}…${AirflowVersion.V3_0_6.constraintsUrl.slice(-29)}"; put what is at ${AirflowVersion.V2_10_3.constraintsUrl} beside the wheels in plugins and write ${copy}, or set access to WebserverAccess.PUBLIC_ONLY`,
        '  - \'requirements\' must be installed from wheels in plugins, because a private web server reaches no package index, got "no --find-links, no --no-index"; add --find-links /usr/local/airflow/plugins and --no-index, each on a line of its own, or set access to WebserverAccess.PUBLIC_ONLY',
        "  - 'plugins' must be the directory of the wheels, because a private web server installs requirements from nothing else, got nothing; set plugins of the bundle to what pip download laid into a directory, or set access to WebserverAccess.PUBLIC_ONLY",
        '  - \'requirements line 2\' must be Airflow 2.10.3, got "apache-airflow==3.0.6"; leave it out, because MWAA installs Airflow itself',
      ].join('\n'),
    );
  });

  test.each([
    ['no --find-links', OFFLINE.filter((line) => !line.startsWith('--find-links'))],
    [
      'no --find-links',
      OFFLINE.map((line) => line.replace('links /usr/local/airflow/plugins', 'links /usr/local/airflow/dags')),
    ],
    ['no --no-index', OFFLINE.filter((line) => line !== '--no-index')],
  ])('it is private, and its requirements have %s (%j)', (got, lines) => {
    const stack = testStack();
    const dags = bundle({ requirements: requirementsOf(...lines), plugins: pluginsOf() }, stack);
    expect(() => build({ dags }, stack)).toThrow(
      `1 problem in Airflow environment 'Test/Airflow':\n  - 'requirements' must be installed from wheels in plugins, because a private web server reaches no package index, got "${got}"; add`,
    );
  });

  test('it is private, and its constraints are not in the plugins', () => {
    const stack = testStack();
    const requirements = requirementsOf('-c /usr/local/airflow/plugins/c/all.txt', ...OFFLINE.slice(1));
    const dags = bundle({ requirements, plugins: pluginsOf() }, stack);
    expect(() => build({ dags }, stack)).toThrow(
      `1 problem in Airflow environment 'Test/Airflow':\n  - 'requirements line 1' must be a file that a private web server can read, got "/usr/local/airflow/plugins/c/all.txt"; put c/all.txt into plugins`,
    );
  });

  test.each([
    [
      'a private one with wheels',
      { requirements: requirementsOf(...OFFLINE, 'six==1.17.0'), plugins: pluginsOf() },
      {},
    ],
    [
      'a private one with wheels and constraints elsewhere in it',
      {
        requirements: requirementsOf(
          '-c /usr/local/airflow/dags/c.txt',
          '-f /usr/local/airflow/plugins/wheels',
          '--no-index',
        ),
        plugins: pluginsOf(),
      },
      {},
    ],
    [
      'a public one',
      { requirements: requirementsOf(CONSTRAINT, 'six==1.17.0') },
      { access: WebserverAccess.PUBLIC_ONLY },
    ],
    [
      'one that is both',
      { requirements: requirementsOf(AirflowVersion.V3_2_1.constraintsUrl.replace(/^/, '--constraint ')) },
      { access: WebserverAccess.PUBLIC_AND_PRIVATE, version: AirflowVersion.V3_2_1 },
    ],
    ['one with plugins alone', { plugins: pluginsOf() }, {}],
  ])('its requirements can be installed, it does not: %s', (_what, parts, props) => {
    const stack = testStack();
    const dags = bundle(parts, stack);
    expect(build({ dags, ...props }, stack).environment.node.path).toBe('Test/Airflow');
  });

  test('nobody knows what the requirements say, it does not', () => {
    const stack = testStack();
    const bucket = s3.Bucket.fromBucketName(stack, 'Theirs', 'theirs');
    const requirementsPath = 'requirements.txt';
    const dags = DagBundle.fromDagBundleAttributes(stack, 'Dags', { bucket, dagsPath: 'dags', requirementsPath });
    expect(build({ dags }, stack).environment.node.path).toBe('Test/Airflow');
  });

  test('several things are wrong, all of them at once', () => {
    const props = {
      size: AirflowSize.MICRO,
      maxWorkers: 5,
      environmentName: '',
      vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
    };
    expect(() => build(props)).toThrow(/^4 problems in Airflow environment 'Test\/Airflow':/);
  });
});
