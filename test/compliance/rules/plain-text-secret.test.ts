import { plainTextSecret } from '../../../lib/compliance/rules/plain-text-secret';
import { type Fixture, describeRule, ref, resources } from './fixtures';

const database = (MasterUserPassword: unknown): Fixture =>
  resources({ Db: { Type: 'AWS::RDS::DBInstance', Properties: { MasterUserPassword } } });

describeRule(plainTextSecret, {
  compliant: {
    'a reference to a secret': database('{{resolve:secretsmanager:db:SecretString:password}}'),
    'a parameter that is not shown': { Parameters: { DbPassword: { Type: 'String', NoEcho: true } } },
    'a value known at deployment': database(ref('DbPassword')),
  },
  nonCompliant: {
    'a password in a property': [database('hunter2'), 'Db Properties.MasterUserPassword'],
    'a password in a variable': [
      resources({
        Job: { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables: { DB_PASSWORD: 'hunter2' } } } },
      }),
      'Job Properties.Environment.Variables.DB_PASSWORD',
    ],
    'a parameter that is shown': [
      { Parameters: { DbPassword: { Type: 'String' } } },
      'DbPassword Parameters.DbPassword',
    ],
  },
});
