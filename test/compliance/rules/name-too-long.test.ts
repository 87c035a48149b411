import { nameTooLong } from '../../../lib/compliance/rules/name-too-long';
import { type Fixture, describeRule, ref, resources } from './fixtures';

const role = (RoleName: unknown): Fixture => resources({ Role: { Type: 'AWS::IAM::Role', Properties: { RoleName } } });

describeRule(nameTooLong, {
  compliant: {
    'a name of the longest kind': role('r'.repeat(64)),
    'a name known at deployment': role({ 'Fn::Join': ['', ['r'.repeat(64), ref('AWS::StackName')]] }),
  },
  nonCompliant: {
    'a name of one letter more': [role('r'.repeat(65)), 'Role Properties.RoleName'],
    'a long name within a property': [
      resources({ Budget: { Type: 'AWS::Budgets::Budget', Properties: { Budget: { BudgetName: 'b'.repeat(101) } } } }),
      'Budget Properties.Budget.BudgetName',
    ],
  },
});
