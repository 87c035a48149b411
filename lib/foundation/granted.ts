import { type Grant, type IGrantable, PrincipalBase, Role, UnknownPrincipal } from 'aws-cdk-lib/aws-iam';
import { Annotations } from 'aws-cdk-lib/core';
import { Construct, Dependable, type IConstruct } from 'constructs';
import { sorted } from '../private';

/** Where the app says that roles are made elsewhere: what is granted to them is then in a report of CDK's. */
const CUSTOMIZED_ROLES = '@aws-cdk/iam:customizeRoles';

/**
 * All grants as one. Warns beside what is granted where nothing comes of some of them, because the app may not change the policy
 * of the grantee: a role of another account or imported with `mutable: false`, or a principal that has no policy.
 *
 * @param of what is granted
 *
 * @internal
 */
export function granted(of: IConstruct, grantee: IGrantable, grants: Grant[]): Grant {
  const lost = grants.filter((grant) => isLost(grant, grantee));
  if (lost.length > 0) {
    const statements = lost.flatMap(({ principalStatements }) => principalStatements);
    const actions = sorted(new Set(statements.flatMap((statement) => statement.actions)), (action) => action);
    const what = actions.length === 0 ? 'this' : actions.join(', ');
    Annotations.of(of).addWarningV2(
      'cdk-lakehouse:nothingGranted',
      `${nameOf(grantee)} is not allowed ${what}, because this app cannot change its policy; allow it where it is defined`,
    );
  }
  return grants.reduce((all, grant) => all.combine(grant));
}

/** Whether a grant is in no policy. CDK takes a role that it may not change for one that it has changed. */
function isLost(grant: Grant, { grantPrincipal }: IGrantable): boolean {
  if (!grant.success || grantPrincipal instanceof UnknownPrincipal) {
    return !grant.success;
  }
  return (
    grant.resourceStatements.length === 0 &&
    Construct.isConstruct(grantPrincipal) &&
    !(grantPrincipal instanceof Role) &&
    grantPrincipal.node.tryGetContext(CUSTOMIZED_ROLES) === undefined &&
    // there is no policy that others could wait for
    Dependable.of(grant).dependencyRoots.length === 0
  );
}

function nameOf({ grantPrincipal }: IGrantable): string {
  if (Construct.isConstruct(grantPrincipal)) {
    return `'${grantPrincipal.node.path}'`;
  }
  return grantPrincipal instanceof PrincipalBase ? grantPrincipal.toString() : 'the grantee';
}
