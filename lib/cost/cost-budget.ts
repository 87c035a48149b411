import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ArnFormat, type IResource, Resource, Stack, Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type IAlertTopics, Severity, emailProblems, referenceProblems } from '../foundation';
import { type Problem, fail, failAll, problem } from '../private';

/** How many notifications AWS takes for a budget. */
const MAXIMUM_THRESHOLDS = 10;

/** How many addresses AWS takes for a notification, beside one topic. */
const MAXIMUM_EMAILS = 10;

/** A share of the budget at which somebody is told. */
export class BudgetThreshold {
  /**
   * When the cost so far passes a share of the limit.
   *
   * @param percent of the limit, more than 0, at most 1000
   * @param severity which topic is told
   */
  public static actual(percent: number, severity: Severity = Severity.WARNING): BudgetThreshold {
    return new BudgetThreshold('ACTUAL', percent, severity);
  }

  /**
   * When AWS forecasts that the cost at the end of the month will pass a share of the limit. A forecast needs about five
   * weeks of history.
   *
   * @param percent of the limit, more than 0, at most 1000
   * @param severity which topic is told
   */
  public static forecast(percent: number, severity: Severity = Severity.WARNING): BudgetThreshold {
    return new BudgetThreshold('FORECASTED', percent, severity);
  }

  private constructor(
    /** What is compared: ACTUAL or FORECASTED. */
    public readonly measure: string,
    /** The share of the limit, in percent. */
    public readonly percent: number,
    /** How urgent it is. */
    public readonly severity: Severity,
  ) {
    if (!Token.isUnresolved(percent) && !(percent > 0 && percent <= 1000)) {
      fail({ path: 'percent', must: 'more than 0 and at most 1000', got: percent, remedy: 'use 80 for 80 percent' });
    }
  }
}

/** A cost-allocation tag. AWS filters by it from a day after it is activated in the billing console. */
export interface CostTag {
  /** The tag's name, for example `environment`. */
  readonly name: string;

  /** The tag's value, for example `dev`. */
  readonly value: string;
}

/** A budget. */
export interface ICostBudget extends IResource {
  /**
   * The name of the budget.
   *
   * @attribute
   */
  readonly budgetName: string;

  /**
   * The ARN of the budget.
   *
   * @attribute
   */
  readonly budgetArn: string;
}

/** Properties of a CostBudget. */
export interface CostBudgetProps {
  /** What a month may cost, in USD, more than 0. */
  readonly monthlyLimit: number;

  /**
   * The topics that are told, each about the thresholds of its severity. Their policies and the key's let AWS Budgets
   * publish; topics and a key that this app does not define must do so by themselves.
   *
   * @default - none; `emails` are then needed
   */
  readonly topics?: IAlertTopics;

  /**
   * The addresses that are told about every threshold, at most 10.
   *
   * @default - nobody; `topics` are then needed
   */
  readonly emails?: string[];

  /**
   * When somebody is told, at most 10.
   *
   * @default - a warning at 80 percent, a warning when 100 percent are forecast, critical at 100 percent
   */
  readonly thresholds?: BudgetThreshold[];

  /**
   * The cost-allocation tag whose costs count.
   *
   * @default - all costs of the account
   */
  readonly tag?: CostTag;
}

/**
 * A monthly budget that tells somebody before the money is spent: at shares of what was spent and of what AWS forecasts.
 *
 * Notifications cannot be changed in place, so CloudFormation names the budget and a change makes a new one.
 *
 * Fails, with all problems at once, when nobody would be told or AWS would not take the budget.
 *
 * @see https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
 */
export class CostBudget extends Resource implements ICostBudget {
  /** Refer to a budget that exists already. */
  public static fromCostBudgetName(scope: Construct, id: string, budgetName: string): ICostBudget {
    const problems = referenceProblems({
      path: 'budgetName',
      must: '1 to 100 characters, of which none is a colon or a backslash',
      got: budgetName,
      form: /^[^:\\]{1,100}$/,
      remedy: 'take it from `aws budgets describe-budgets`',
    });
    failAll(`budget '${id}'`, problems.map(problem));
    class ImportedCostBudget extends Resource implements ICostBudget {
      public readonly budgetName = budgetName;
      public readonly budgetArn = arnOf(scope, budgetName);
    }
    return new ImportedCostBudget(scope, id);
  }

  public readonly budgetName: string;
  public readonly budgetArn: string;

  constructor(scope: Construct, id: string, props: CostBudgetProps) {
    super(scope, id);
    const thresholds = props.thresholds ?? [
      BudgetThreshold.actual(80),
      BudgetThreshold.forecast(100),
      BudgetThreshold.actual(100, Severity.CRITICAL),
    ];
    failAll(`budget '${this.node.path}'`, budgetProblems(props, thresholds).map(problem));
    const budget = new budgets.CfnBudget(this, 'Resource', {
      budget: {
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: props.monthlyLimit, unit: 'USD' },
        costFilters: props.tag && { TagKeyValue: [`user:${props.tag.name}$${props.tag.value}`] },
      },
      notificationsWithSubscribers: thresholds.map((threshold) => notification(threshold, props)),
    });
    this.budgetName = budget.ref;
    this.budgetArn = arnOf(this, budget.ref);
    if (props.topics !== undefined) {
      for (const severity of new Set(thresholds.map((threshold) => threshold.severity))) {
        this.letPublish(budget, props.topics, severity);
      }
    }
  }

  /** AWS Budgets publishes as itself, so both the topic's policy and the key's must let it; else messages are lost. */
  private letPublish(budget: budgets.CfnBudget, topics: IAlertTopics, severity: Severity): void {
    const topic = topics.topic(severity);
    const { partition, account } = Stack.of(this);
    const caller = {
      principals: [new iam.ServicePrincipal('budgets.amazonaws.com')],
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': `arn:${partition}:budgets::${account}:*` },
      },
    };
    // Two budgets that share topics share the statements: equal ones are merged when the policy is rendered.
    const sid = 'BudgetsOfThisAccount';
    topic.addToResourcePolicy(
      new iam.PolicyStatement({ sid, ...caller, actions: ['sns:Publish'], resources: [topic.topicArn] }),
    );
    topic.masterKey?.addToResourcePolicy(
      new iam.PolicyStatement({ sid, ...caller, actions: ['kms:Decrypt', 'kms:GenerateDataKey*'], resources: ['*'] }),
    );
    budget.node.addDependency(topic);
  }
}

function arnOf(scope: Construct, name: string): string {
  const arnFormat = ArnFormat.SLASH_RESOURCE_NAME;
  return Stack.of(scope).formatArn({
    service: 'budgets',
    region: '',
    resource: 'budget',
    resourceName: name,
    arnFormat,
  });
}

function notification(
  { measure, percent, severity }: BudgetThreshold,
  { topics, emails = [] }: CostBudgetProps,
): budgets.CfnBudget.NotificationWithSubscribersProperty {
  const topic = topics && [{ subscriptionType: 'SNS', address: topics.topic(severity).topicArn }];
  return {
    notification: {
      notificationType: measure,
      comparisonOperator: 'GREATER_THAN',
      threshold: percent,
      thresholdType: 'PERCENTAGE',
    },
    subscribers: [...(topic ?? []), ...emails.map((address) => ({ subscriptionType: 'EMAIL', address }))],
  };
}

/** All that is wrong with the properties of a budget. */
function budgetProblems(props: CostBudgetProps, thresholds: BudgetThreshold[]): Problem[] {
  const { monthlyLimit: limit, topics, emails = [], tag } = props;
  const problems = emailProblems('emails', emails);
  if (!Token.isUnresolved(limit) && !(limit > 0 && Number.isFinite(limit))) {
    problems.push({ path: 'monthlyLimit', must: 'USD, more than 0', got: limit, remedy: 'say what a month may cost' });
  }
  if (topics === undefined && emails.length === 0) {
    const remedy = 'pass topics, emails or both: a budget that tells nobody does nothing';
    problems.push({ path: 'topics', must: 'given when there are no emails', got: undefined, remedy });
  }
  if (emails.length > MAXIMUM_EMAILS) {
    const remedy = 'subscribe the rest to a topic';
    problems.push({ path: 'emails', must: `at most ${MAXIMUM_EMAILS} addresses`, got: emails.length, remedy });
  }
  const distinct = new Set(thresholds.map(({ measure, percent }) => `${measure} ${percent}`)).size;
  if (distinct !== thresholds.length || distinct < 1 || distinct > MAXIMUM_THRESHOLDS) {
    const got = thresholds.map(({ measure, percent }) => `${measure} ${percent}`);
    const remedy = 'leave out those that are the same or too many';
    problems.push({ path: 'thresholds', must: `1 to ${MAXIMUM_THRESHOLDS} different ones`, got, remedy });
  }
  if (tag !== undefined && (tag.name === '' || tag.value === '')) {
    problems.push({
      path: 'tag',
      must: 'a name and a value',
      got: tag,
      remedy: "use { name: 'environment', value: … }",
    });
  }
  return problems;
}
