import * as logs from 'aws-cdk-lib/aws-logs';
import { Stack, Token } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type Problem, failAll, problem } from '../private';
import { pascal } from './pascal';

/** What CloudWatch Logs takes. */
const LONGEST_NAME = 255;
const LONGEST_QUERY = 10_000;
const MOST_GROUPS = 50;

/** A query of CloudWatch Logs Insights. */
export interface SavedLogQuery {
  /** What it finds, in words; its name in the console, inside the folder. */
  readonly name: string;

  /** The query in the language of Logs Insights. */
  readonly query: string;

  /** The log groups it searches, 1 to 50. */
  readonly logGroups: logs.ILogGroup[];
}

/** Properties of SavedLogQueries. */
export interface SavedLogQueriesProps {
  /**
   * The log groups of VPC flow logs in their default format.
   *
   * @default - none, and no queries of them
   */
  readonly flowLogs?: logs.ILogGroup[];

  /**
   * The log groups of Kafka brokers.
   *
   * @default - none, and no queries of them
   */
  readonly brokerLogs?: logs.ILogGroup[];

  /**
   * The log groups of state machines that supervise jobs or run job flows.
   *
   * @default - none, and no queries of them
   */
  readonly stateMachineLogs?: logs.ILogGroup[];

  /**
   * The log groups of Airflow: scheduler, DAG processing, tasks, workers.
   *
   * @default - none, and no queries of them
   */
  readonly airflowLogs?: logs.ILogGroup[];

  /**
   * Queries of your own.
   *
   * @default - none
   */
  readonly queries?: SavedLogQuery[];

  /**
   * The folder in the console, without slashes at its ends.
   *
   * @default - the name of the stack
   */
  readonly folder?: string;
}

/**
 * Queries saved in CloudWatch Logs Insights, over log groups that exist. Saving costs nothing, running is billed by the bytes
 * that are searched. Logs of EMR steps are files in the artifacts bucket and not here.
 *
 * Fails, with all problems at once, when a query has the name of another or CloudWatch Logs would not take it.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_Insights-Saving-Queries.html
 */
export class SavedLogQueries extends Construct {
  constructor(scope: Construct, id: string, props: SavedLogQueriesProps = {}) {
    super(scope, id);
    const queries = [...queriesOf(props), ...(props.queries ?? [])];
    failAll(
      `saved log queries '${this.node.path}'`,
      [...doubles(queries), ...queries.flatMap(queryProblems)].map(problem),
    );
    const folder = props.folder ?? Stack.of(this).stackName;
    for (const { name, query, logGroups } of queries) {
      new logs.CfnQueryDefinition(this, pascal(name), {
        name: `${folder}/${name}`,
        queryString: query,
        logGroupNames: logGroups.map(({ logGroupName }) => logGroupName),
      });
    }
  }
}

/** The queries over the log groups that are given. */
function queriesOf({ flowLogs, brokerLogs, stateMachineLogs, airflowLogs }: SavedLogQueriesProps): SavedLogQuery[] {
  return [
    ...over(flowLogs, FLOW_QUERIES),
    ...over(brokerLogs, BROKER_QUERIES),
    ...over(stateMachineLogs, STATE_MACHINE_QUERIES),
    ...over(airflowLogs, AIRFLOW_QUERIES),
  ];
}

function over(logGroups: logs.ILogGroup[] = [], queries: { [name: string]: string[] } = {}): SavedLogQuery[] {
  return logGroups.length === 0
    ? []
    : Object.entries(queries).map(([name, lines]) => ({ name, query: lines.join('\n| '), logGroups }));
}

const FLOW_QUERIES = {
  'rejected traffic': [
    'filter action = "REJECT"',
    'stats count(*) as rejected by srcAddr, dstAddr, dstPort',
    'sort rejected desc',
    'limit 50',
  ],
  'largest flows': ['stats sum(bytes) as transferred by srcAddr, dstAddr', 'sort transferred desc', 'limit 50'],
};

const BROKER_QUERIES = {
  'broker errors': [
    'fields @timestamp, @logStream, @message',
    'filter @message like /ERROR|FATAL/',
    'sort @timestamp desc',
  ],
  'replicas leaving and coming back': [
    'fields @timestamp, @logStream, @message',
    'filter @message like /Shrinking ISR|Expanding ISR/',
    'sort @timestamp desc',
  ],
};

/** A supervisor waits in this state before each restart. */
const RESTART = 'type = "WaitStateEntered" and details.name = "BackOff"';

const STATE_MACHINE_QUERIES = {
  'restarts of jobs': [
    `filter ${RESTART}`,
    'stats count(*) as restarts by execution_arn, bin(1h)',
    'sort restarts desc',
  ],
  'why executions failed': [
    'fields @timestamp, execution_arn, type, details.error, details.cause',
    'filter type in ["ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"]',
    'sort @timestamp desc',
  ],
};

const AIRFLOW_QUERIES = {
  'airflow failures': [
    'fields @timestamp, @logStream, @message',
    'filter @message like /ERROR|CRITICAL|Traceback/',
    'sort @timestamp desc',
  ],
};

function doubles(queries: SavedLogQuery[]): Problem[] {
  const ids = queries.map(({ name }) => pascal(name));
  return queries
    .filter(({ name }, index) => ids.indexOf(pascal(name)) < index)
    .map(({ name: got }) => ({ path: 'queries', must: 'names that no other query has', got, remedy: 'rename it' }));
}

function queryProblems({ name, query, logGroups }: SavedLogQuery): Problem[] {
  const problems: Problem[] = [];
  const add = (path: string, must: string, got: unknown, remedy: string): void => {
    problems.push({ path: `queries.${path}`, must, got, remedy });
  };
  if (!Token.isUnresolved(name) && !(/[A-Za-z]/.test(name) && name.length <= LONGEST_NAME / 2)) {
    add('name', `words of at most ${Math.floor(LONGEST_NAME / 2)} characters`, name, 'say in few words what it finds');
  }
  if (!Token.isUnresolved(query) && (query === '' || query.length > LONGEST_QUERY)) {
    add('query', `1 to ${LONGEST_QUERY} characters`, `${query.length} characters`, 'shorten it');
  }
  if (logGroups.length === 0 || logGroups.length > MOST_GROUPS) {
    add('logGroups', `1 to ${MOST_GROUPS} log groups`, logGroups.length, 'split the query, or leave it out');
  }
  return problems;
}
