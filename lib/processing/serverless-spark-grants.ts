import * as iam from 'aws-cdk-lib/aws-iam';
import { acknowledgeGrant, granted } from '../foundation';
import type { IServerlessSpark } from './serverless-spark';

/** What is asked of the application: run something on it, and see what runs. */
const ON_APPLICATION = ['emr-serverless:GetApplication', 'emr-serverless:ListJobRuns', 'emr-serverless:StartJobRun'];

/** What is asked of a run. */
const ON_RUN = [
  'emr-serverless:CancelJobRun',
  'emr-serverless:GetDashboardForJobRun',
  'emr-serverless:GetJobRun',
  'emr-serverless:ListJobRunAttempts',
];

/**
 * Permissions on a serverless application.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonemrserverless.html
 */
export class ServerlessSparkGrants {
  /** The grants of an application. */
  public static fromServerlessSpark(application: IServerlessSpark): ServerlessSparkGrants {
    return new ServerlessSparkGrants(application);
  }

  private constructor(private readonly application: IServerlessSpark) {}

  /**
   * Lets the grantee run jobs on the application with its job role and no other, see how they do, and cancel them.
   *
   * @param grantee who may
   */
  public run(grantee: iam.IGrantable): iam.Grant {
    const { applicationArn, jobRole } = this.application;
    const runs = [`${applicationArn}/jobruns/*`];
    acknowledgeGrant(grantee, runs, 'runs are named when they start; all of them are of this one application');
    return granted(this.application, grantee, [
      iam.Grant.addToPrincipal({ grantee, actions: ON_APPLICATION, resourceArns: [applicationArn] }),
      iam.Grant.addToPrincipal({ grantee, actions: ON_RUN, resourceArns: runs }),
      iam.Grant.addToPrincipal({
        grantee,
        actions: ['iam:PassRole'],
        resourceArns: [jobRole.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'emr-serverless.amazonaws.com' } },
      }),
    ]);
  }
}
