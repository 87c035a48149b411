import * as iam from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import { granted } from '../foundation';
import type { AirflowRole } from './airflow-access';
import type { IAirflowEnvironment } from './airflow-environment-base';

/**
 * Permissions on an environment. What its tasks may do is granted to the environment itself, which is a principal.
 *
 * @see https://docs.aws.amazon.com/mwaa/latest/userguide/access-policies.html
 */
export class AirflowEnvironmentGrants {
  /** The grants of an environment. */
  public static fromAirflowEnvironment(environment: IAirflowEnvironment): AirflowEnvironmentGrants {
    return new AirflowEnvironmentGrants(environment);
  }

  private constructor(private readonly environment: IAirflowEnvironment) {}

  /**
   * Lets the grantee sign in to the web interface.
   *
   * @param grantee who may
   * @param role as what
   */
  public webLogin(grantee: iam.IGrantable, role: AirflowRole): iam.Grant {
    return this.asRole(grantee, role, 'airflow:CreateWebLoginToken');
  }

  /**
   * Lets the grantee call Airflow's REST API, for example to trigger a DAG.
   *
   * @param grantee who may
   * @param role as what
   */
  public invokeRestApi(grantee: iam.IGrantable, role: AirflowRole): iam.Grant {
    return this.asRole(grantee, role, 'airflow:InvokeRestApi');
  }

  private asRole(grantee: iam.IGrantable, role: AirflowRole, action: string): iam.Grant {
    const resourceName = `${this.environment.environmentName}/${role}`;
    const resourceArns = [Stack.of(this.environment).formatArn({ service: 'airflow', resource: 'role', resourceName })];
    const grant = iam.Grant.addToPrincipal({ grantee, actions: [action], resourceArns });
    return granted(this.environment, grantee, [grant]);
  }
}
