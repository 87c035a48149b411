import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type Problem, failAll, problem } from '../private';

/** How urgent an alert is. */
export enum Severity {
  /** Somebody must act now, at any hour. */
  CRITICAL = 'critical',
  /** Somebody must act on the next working day. */
  WARNING = 'warning',
  /** Nobody must act. */
  INFO = 'info',
}

/** Properties of AlertTopics. */
export interface AlertTopicsProps {
  /** The key that encrypts the topics; its policy must let CloudWatch use it, as LakeKey's does. */
  readonly encryptionKey: kms.IKey;

  /**
   * The addresses that get critical alerts by e-mail.
   *
   * @default - nobody
   */
  readonly criticalEmails?: string[];

  /**
   * The addresses that get warnings by e-mail.
   *
   * @default - nobody
   */
  readonly warningEmails?: string[];
}

/**
 * The three topics that alerts go to. Messages travel over TLS only and rest encrypted.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
export class AlertTopics extends Construct {
  /** For what somebody must act on now. */
  public readonly critical: sns.Topic;

  /** For what somebody must act on soon. */
  public readonly warning: sns.Topic;

  /** For what is good to know. */
  public readonly info: sns.Topic;

  constructor(scope: Construct, id: string, props: AlertTopicsProps) {
    super(scope, id);
    failAll(`alert topics '${this.node.path}'`, alertProblems(props).map(problem));
    this.critical = this.define('Critical', props.encryptionKey, props.criticalEmails);
    this.warning = this.define('Warning', props.encryptionKey, props.warningEmails);
    this.info = this.define('Info', props.encryptionKey);
  }

  /** The topic of a severity. */
  public topic(severity: Severity): sns.ITopic {
    return { [Severity.CRITICAL]: this.critical, [Severity.WARNING]: this.warning, [Severity.INFO]: this.info }[
      severity
    ];
  }

  private define(id: string, key: kms.IKey, emails: string[] = []): sns.Topic {
    const topic = new sns.Topic(this, id, { masterKey: key, enforceSSL: true });
    for (const address of emails) {
      topic.addSubscription(new subscriptions.EmailSubscription(address));
    }
    // A topic policy takes the place of the one SNS gives by itself, which let the account's alarms publish.
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    return topic;
  }
}

/**
 * All that is wrong with the addresses.
 *
 * @internal
 */
export function alertProblems(props: Omit<AlertTopicsProps, 'encryptionKey'>): Problem[] {
  const lists = { criticalEmails: props.criticalEmails, warningEmails: props.warningEmails };
  return Object.entries(lists).flatMap(([path, emails]) =>
    (emails ?? [])
      .filter((address) => !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(address))
      .map((got) => ({ path, must: 'e-mail addresses', got, remedy: 'correct the address or leave it out' })),
  );
}
