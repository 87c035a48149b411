import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Stack, Token } from 'aws-cdk-lib/core';
import { Construct, type IConstruct } from 'constructs';
import { type Problem, failAll, problem } from '../private';
import { acknowledgeServerless } from './acknowledge';

/** How urgent an alert is. */
export enum Severity {
  /** Somebody must act now, at any hour. */
  CRITICAL = 'critical',
  /** Somebody must act on the next working day. */
  WARNING = 'warning',
  /** Nobody must act. */
  INFO = 'info',
}

/** The topics that alerts go to, one for each severity. */
export interface IAlertTopics extends IConstruct {
  /** For what somebody must act on now. */
  readonly critical: sns.ITopic;

  /** For what somebody must act on soon. */
  readonly warning: sns.ITopic;

  /** For what is good to know. */
  readonly info: sns.ITopic;

  /** The topic of a severity. */
  topic(severity: Severity): sns.ITopic;
}

/** Topics that exist already; their policies must let CloudWatch publish. */
export interface AlertTopicsAttributes {
  /** The topic of critical alerts. */
  readonly critical: sns.ITopic;

  /** The topic of warnings. */
  readonly warning: sns.ITopic;

  /** The topic of what is good to know. */
  readonly info: sns.ITopic;
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

abstract class AlertTopicsBase extends Construct implements IAlertTopics {
  public abstract readonly critical: sns.ITopic;
  public abstract readonly warning: sns.ITopic;
  public abstract readonly info: sns.ITopic;

  public topic(severity: Severity): sns.ITopic {
    return { [Severity.CRITICAL]: this.critical, [Severity.WARNING]: this.warning, [Severity.INFO]: this.info }[
      severity
    ];
  }
}

class ImportedAlertTopics extends AlertTopicsBase {
  public readonly critical: sns.ITopic;
  public readonly warning: sns.ITopic;
  public readonly info: sns.ITopic;

  constructor(scope: Construct, id: string, attributes: AlertTopicsAttributes) {
    super(scope, id);
    this.critical = attributes.critical;
    this.warning = attributes.warning;
    this.info = attributes.info;
  }
}

/**
 * The three topics that alerts go to. Messages travel over TLS only and rest encrypted.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
export class AlertTopics extends AlertTopicsBase {
  /** Refer to topics that exist already. */
  public static fromAlertTopicsAttributes(
    scope: Construct,
    id: string,
    attributes: AlertTopicsAttributes,
  ): IAlertTopics {
    return new ImportedAlertTopics(scope, id, attributes);
  }

  public readonly critical: sns.ITopic;
  public readonly warning: sns.ITopic;
  public readonly info: sns.ITopic;

  constructor(scope: Construct, id: string, props: AlertTopicsProps) {
    super(scope, id);
    failAll(`alert topics '${this.node.path}'`, alertProblems(props).map(problem));
    this.critical = this.define('Critical', props.encryptionKey, props.criticalEmails);
    this.warning = this.define('Warning', props.encryptionKey, props.warningEmails);
    this.info = this.define('Info', props.encryptionKey);
  }

  private define(id: string, key: kms.IKey, emails: string[] = []): sns.Topic {
    const topic = new sns.Topic(this, id, { masterKey: key, enforceSSL: true });
    for (const address of emails) {
      acknowledgeServerless(
        topic.addSubscription(new subscriptions.EmailSubscription(address)),
        'SNSRedrivePolicy',
        'SNS tries a mailbox for hours, and the alarm stays in CloudWatch; nobody would look for alerts in a queue',
      );
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
  return Object.entries(lists).flatMap(([path, emails]) => emailProblems(path, emails ?? []));
}

/**
 * The addresses that are none, or are there twice.
 *
 * @internal
 */
export function emailProblems(path: string, emails: string[]): Problem[] {
  const twice = emails.filter((address, index) => emails.indexOf(address) < index);
  return [
    ...emails
      .filter((address) => !Token.isUnresolved(address) && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(address))
      .map((got) => ({ path, must: 'e-mail addresses', got, remedy: 'correct the address or leave it out' })),
    ...twice.map((got) => ({ path, must: 'different addresses', got, remedy: 'name each address once' })),
  ];
}
