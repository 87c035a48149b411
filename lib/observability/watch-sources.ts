import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';

/** An EMR cluster, as its metrics name it. */
export interface WatchedCluster {
  /** The cluster's id, `j-…`. */
  readonly clusterId: string;
}

/** A streaming job or a job flow, by the state machine that runs it. */
export interface WatchedMachine {
  /** The state machine. One execution is one run; one of a streaming job that fails has used up its restarts. */
  readonly stateMachine: sfn.IStateMachine;
}

/** An application of EMR Serverless, as its metrics name it. */
export interface WatchedApplication {
  /** The application's id. */
  readonly applicationId: string;

  /** The application's name, a dimension of every metric from EMR 7.10 on. */
  readonly applicationName: string;
}

/** An environment of MWAA, as its metrics name it. */
export interface WatchedEnvironment {
  /** The name of the environment. */
  readonly environmentName: string;
}
