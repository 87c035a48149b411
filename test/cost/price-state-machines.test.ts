import { type Declared, costOf, estimate, fleet, lineOf, notCounted, saved } from './estimates';

function machine(definition: object, properties: object = {}): Declared {
  // a reference stands in the middle of the text, as the CDK writes it
  const text = JSON.stringify({ Comment: 'of COMMENT', ...definition });
  const [before, after] = text.split('COMMENT');
  const DefinitionString = { 'Fn::Join': ['', [before, { Ref: 'Cluster' }, after]] };
  return { Type: 'AWS::StepFunctions::StateMachine', Properties: { DefinitionString, ...properties } };
}

/** Looks at something every minute: three states in a circle, two outside it. */
const SUPERVISOR = {
  StartAt: 'Begin',
  States: {
    Begin: { Type: 'Pass', Next: 'Look' },
    Pause: { Type: 'Wait', Seconds: 60, Next: 'Look' },
    Look: { Type: 'Task', Next: 'Judge', Catch: [{ Next: 'Pause' }] },
    Judge: { Type: 'Choice', Choices: [{ Next: 'Pause' }], Default: 'Down' },
    Down: { Type: 'Fail' },
  },
};

const CLUSTER = {
  Instances: {
    InstanceFleets: [
      { InstanceFleetType: 'MASTER', ...fleet({ TargetOnDemandCapacity: 1 }, 'm6g.xlarge') },
      { InstanceFleetType: 'CORE', ...fleet({ TargetOnDemandCapacity: 2 }, 'm6g.xlarge') },
      { InstanceFleetType: 'TASK', ...fleet({ TargetSpotCapacity: 1 }, 'm6g.xlarge') },
    ],
  },
  ManagedScalingPolicy: {
    ComputeLimits: {
      MinimumCapacityUnits: 2,
      MaximumCapacityUnits: 12,
      MaximumCoreCapacityUnits: 2,
      MaximumOnDemandCapacityUnits: 4,
    },
  },
};

const JOB_FLOW = {
  StartAt: 'Run',
  States: { ...SUPERVISOR.States, Run: { Type: 'Task', Arguments: CLUSTER, Next: 'Pause' } },
};

describe('a state machine', () => {
  test('that watches over something costs its circle all month', () => {
    const made = estimate({ Job: machine(SUPERVISOR) }, { hoursPerMonth: 100 });
    // by hand: 60 looks an hour x 3 states x 100 h = 18,000, and once 5: 18.005 thousand x 0.025
    expect(costOf(made, 'Step Functions')).toBeCloseTo(0.450125, 9);
    expect(made.plainMonthly).toBeCloseTo(made.monthly, 9);
  });

  test('that neither waits nor starts clusters costs its states as often as it runs', () => {
    const States = { A: { Type: 'Task', Next: 'B' }, B: { Type: 'Succeed' } };
    const made = estimate({ Job: machine({ StartAt: 'A', States }) }, { jobFlowRuns: 500 });
    expect(lineOf(made, 'Job transitions').quantity).toBe(1);
  });

  test('counts the states of branches too', () => {
    const Branches = [{ StartAt: 'X', States: { X: { Type: 'Pass' }, Y: { Type: 'Pass' } } }];
    const made = estimate({ Job: machine({ States: { A: { Type: 'Parallel', Branches } } }) }, { jobFlowRuns: 1000 });
    expect(lineOf(made, 'Job transitions').quantity).toBe(3);
  });

  test('does not circle by a wait that leads on, or whose time is only known when it runs', () => {
    const States = {
      Once: { Type: 'Wait', Seconds: 1, Next: 'Sleep' },
      Sleep: { Type: 'Wait', Seconds: '{% $pause %}', Next: 'Sleep' },
    };
    const made = estimate({ Job: machine({ States }) }, { jobFlowRuns: 1000 });
    expect(lineOf(made, 'Job transitions').quantity).toBe(2);
  });

  test.each([
    ['without a definition in the template', machine({}, { DefinitionString: undefined })],
    ['that is express', machine(SUPERVISOR, { StateMachineType: 'EXPRESS' })],
  ])('%s is named', (_, declared) => {
    expect(estimate({ Job: declared }).notEstimated).toEqual([
      'Job: an express state machine, or one whose definition is not in the template',
    ]);
  });
});

describe('a job flow', () => {
  const given = { jobFlowRuns: 10, jobFlowHours: 2, jobFlowDuty: 0.5, spotDiscount: 0.5, spotRework: 0 };
  const made = estimate({ Flow: machine(JOB_FLOW) }, given);

  test('costs its cluster for the hours of its runs', () => {
    // by hand, 20 h: primary 20 h, core 40 h; half of them 2 task units On-Demand, 20 h, and 8 on Spot, 80 h
    expect(costOf(made, 'EC2')).toBeCloseTo(80 * 0.154 + 80 * 0.077, 6);
    expect(costOf(made, 'EMR')).toBeCloseTo(160 * 0.0385, 6);
    // 115 GB for 160 of 730 h
    expect(costOf(made, 'EBS')).toBeCloseTo(((115 * 160) / 730) * 0.08, 6);
  });

  test('costs its transitions while the cluster is there', () => {
    // 10 runs x 6 states, 20 h x 60 looks x 3 states
    expect(lineOf(made, 'Flow transitions').quantity).toBeCloseTo(0.06 + 3.6, 9);
  });

  test('saves by Spot and Graviton against the same hours, and nothing by scaling', () => {
    expect(saved(made, 'Spot')).toBeCloseTo(80 * 0.077, 6);
    expect(saved(made, 'Graviton')).toBeCloseTo(160 * (0.24 - 0.1925), 6);
    expect(saved(made, 'managed scaling')).toBe(0);
    // 10 units for the 10 h in which they are not there
    expect(notCounted(made, 'managed scaling')).toBeCloseTo(100 * 0.24, 6);
  });

  test('is found in a definition that is no text', () => {
    const Properties = { Definition: JOB_FLOW };
    const plain = estimate({ Flow: { Type: 'AWS::StepFunctions::StateMachine', Properties } }, given);
    expect(plain.monthly).toBeCloseTo(made.monthly, 6);
  });
});
