import { App, Stack } from 'aws-cdk-lib/core';
import { cost, foundation } from '../lib';

// 500 USD a month for what is tagged as dev, with a warning long before.
const app = new App();
const stack = new Stack(app, 'Costs');
const { key } = new foundation.LakeKey(stack, 'Key');
const topics = new foundation.AlertTopics(stack, 'Alerts', { encryptionKey: key });
new cost.CostBudget(stack, 'Budget', {
  monthlyLimit: 500,
  topics,
  tag: { name: 'environment', value: 'dev' },
  thresholds: [
    cost.BudgetThreshold.actual(50),
    cost.BudgetThreshold.forecast(100),
    cost.BudgetThreshold.actual(100, foundation.Severity.CRITICAL),
  ],
});

app.synth();
