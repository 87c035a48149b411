import { type Machine, PATIENTLY, type State, call, choose, done, jsonata, onError, when } from './states';
import { NOBODY, type Restarting, givingUp, handingOver, restarting } from './streaming-restarts';

/**
 * How often an execution looks before it hands over to a new one. A look is nine events, a restart about four looks, and
 * an execution has 25,000 events.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/tutorial-continue-new.html
 */
const LOOKS = 2000;

/** The states of a step that will end some time. */
const ACTIVE = ['PENDING', 'RUNNING', 'CANCEL_PENDING'];

/** What a supervisor keeps running, and how. */
export interface Supervision extends Restarting {
  readonly jobName: string;
  /** What the job reads, and as which consumer group: commands find it among the variables of the machine. */
  readonly reads: { readonly topic: string; readonly consumerGroup: string };
  readonly clusterId: string;
  readonly stepArgs: string[];
  /** The option by which the job learns the correlation id. */
  readonly correlationOption?: string;
  /** The option by which the job learns whose place it takes. */
  readonly takeOverOption?: string;
  /** The bucket and the folder in it where somebody asks a run to end, by its correlation id. */
  readonly requests: { readonly bucket: string; readonly folder: string };
  readonly machineArn: string;
  /** The topic that learns when restarts are used up. */
  readonly topicArn?: string;
}

/**
 * A machine that keeps one streaming job running: it takes over the step of that name that is there already, or adds one;
 * looks at it now and then; and adds it again when it ended by itself, later each time, until restarts are used up.
 *
 * An execution that is told whose place its run takes adds a step beside the one that runs: the new run asks the old one to
 * end when it is ready itself.
 *
 * Every restart goes through the search, so that two supervisors of one job end up looking at the same step. Who takes a step
 * over takes its correlation id too: that is how the run is asked to end, and how it goes on after a restart.
 */
export function supervisor(supervision: Supervision): Machine {
  const { jobName, pollInterval, topicArn } = supervision;
  return {
    Comment: `Keeps ${jobName} running`,
    StartAt: 'Begin',
    States: {
      Begin: begin(supervision),
      IsStepKnown: choose('Search', when("$step != ''", 'Look'), when(`$replaces != '${NOBODY}'`, 'Start')),
      ...searching(supervision),
      ...starting(supervision),
      Pause: { Type: 'Wait', Seconds: pollInterval.toSeconds(), Next: 'Look' },
      ...looking(),
      ...drained(supervision.requests),
      ...cancelled(),
      ...restarting(supervision),
      ...handingOver(supervision.machineArn),
      ...givingUp(jobName, topicArn),
    },
  };
}

/** An execution starts with nothing, or with what the one before it knew. */
function begin({ clusterId, reads }: Supervision): State {
  return {
    Type: 'Pass',
    Assign: {
      cluster: clusterId,
      ...reads,
      step: given('step', "''"),
      startedAt: given('startedAt', '$millis()'),
      restarts: given('restarts', '0'),
      correlationId: given('correlationId', '$states.context.Execution.Name'),
      replaces: given('replaces', `'${NOBODY}'`),
      looks: 0,
      marker: '',
      state: '',
      reason: '',
      asked: false,
    },
    Next: 'IsStepKnown',
  };
}

function given(name: string, otherwise: string): string {
  return jsonata(`$exists($states.input.${name}) ? $states.input.${name} : ${otherwise}`);
}

/**
 * EMR lists steps by the page. The run whose place this one takes keeps its id to itself: it is asked to end by this one, which
 * is to be started then.
 */
function searching({ jobName, correlationOption }: Supervision): { [name: string]: State } {
  const states = ACTIVE.map((state) => `'${state}'`).join(',');
  const request = `{'ClusterId': $cluster, 'StepStates': [${states}]}`;
  const found = `$states.result.Steps[Name = '${jobName}']`;
  const more = '$exists($states.result.Marker)';
  // the correlation id is the last thing that a step is told
  const args = `${found}[0].Config.Args`;
  const isTold = `${args}[-2] = '${correlationOption}' and ${args}[-1] != $replaces`;
  return {
    Search: call('emr:listSteps', {
      Arguments: jsonata(`$marker = '' ? ${request} : $merge([${request}, {'Marker': $marker}])`),
      Assign: {
        step: jsonata(`$count(${found}) = 0 ? '' : ${found}[0].Id`),
        marker: jsonata(`${more} ? $states.result.Marker : ''`),
        replaces: jsonata(`$count(${found}) > 0 or ${more} ? $replaces : '${NOBODY}'`),
        ...(correlationOption === undefined
          ? {}
          : { correlationId: jsonata(`${isTold} ? ${args}[-1] : $correlationId`) }),
      },
      Retry: PATIENTLY,
      Catch: onError('Alert'),
      Next: 'IsStepFound',
    }),
    IsStepFound: choose('Start', when("$step != ''", 'Look'), when("$marker != ''", 'Search')),
  };
}

/** Not tried again by itself: after an answer that was lost the step may be there, which the search will tell. */
function starting(supervision: Supervision): { [name: string]: State } {
  const { jobName, stepArgs, correlationOption, takeOverOption } = supervision;
  const told = [
    ...(takeOverOption === undefined ? [] : [takeOverOption, jsonata('$replaces')]),
    ...(correlationOption === undefined ? [] : [correlationOption, jsonata('$correlationId')]),
  ];
  const step = {
    Name: jobName,
    ActionOnFailure: 'CONTINUE',
    HadoopJarStep: { Jar: 'command-runner.jar', Args: [...stepArgs, ...told] },
  };
  return {
    Start: call('emr:addJobFlowSteps', {
      Arguments: { JobFlowId: jsonata('$cluster'), Steps: [step] },
      Assign: { step: jsonata('$states.result.StepIds[0]'), startedAt: jsonata('$millis()') },
      Catch: onError('Count'),
      Next: 'Pause',
    }),
  };
}

function looking(): { [name: string]: State } {
  const isActive = `$state in [${ACTIVE.map((state) => `'${state}'`).join(',')}]`;
  const status = '$states.result.Step.Status';
  const details = ['Reason', 'Message', 'LogFile'].map((field) => `${status}.FailureDetails.${field}`);
  return {
    Look: call('emr:describeStep', {
      Arguments: { ClusterId: jsonata('$cluster'), StepId: jsonata('$step') },
      Assign: {
        state: jsonata(`${status}.State`),
        reason: jsonata(`$trim(${[`'step ' & $step & ' is ' & ${status}.State`, ...details].join(" & ' ' & ")})`),
        looks: jsonata('$looks + 1'),
      },
      Retry: PATIENTLY,
      Catch: onError('Alert'),
      Next: 'Judge',
    }),
    Judge: choose(
      'WasAsked',
      when(`${isActive} and $looks < ${LOOKS}`, 'Pause'),
      when(isActive, 'HandOver'),
      when("$state = 'CANCELLED'", 'WhoCancelled'),
    ),
  };
}

/** A run that was asked to end is not started again, however it ended: whoever asked looks after the job now. */
function drained({ bucket, folder }: Supervision['requests']): { [name: string]: State } {
  return {
    WasAsked: call('s3:listObjectsV2', {
      Arguments: {
        Bucket: bucket,
        Prefix: jsonata(`'${folder}' & $encodeUrlComponent($correlationId) & '/asked.json'`),
        MaxKeys: 1,
      },
      Assign: { asked: jsonata('$states.result.KeyCount > 0') },
      Retry: PATIENTLY,
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Count' }],
      Next: 'IsDrained',
    }),
    IsDrained: choose('Count', when('$asked', 'Drained')),
    Drained: done({ Outcome: 'drained', StepId: jsonata('$step'), StepState: jsonata('$state') }),
  };
}

/** A person cancels a step to end the job at once; the end of the cluster cancels steps too, and nobody meant that. */
function cancelled(): { [name: string]: State } {
  const status = '$states.result.Cluster.Status';
  return {
    WhoCancelled: call('emr:describeCluster', {
      Arguments: { ClusterId: jsonata('$cluster') },
      Assign: {
        state: jsonata(`${status}.State`),
        reason: jsonata(`'the cluster is ' & ${status}.State & ': ' & ${status}.StateChangeReason.Message`),
      },
      Retry: PATIENTLY,
      Catch: onError('Alert'),
      Next: 'IsClusterThere',
    }),
    IsClusterThere: choose('Cancelled', when("$contains($state, 'TERMINAT')", 'Alert')),
    Cancelled: done({ Outcome: 'cancelled', StepId: jsonata('$step') }),
  };
}
