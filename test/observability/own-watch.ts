import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Severity } from '../../lib/foundation';
import { MissingData, Watch, type WatchAlarm, type WatchParts, type WatchRow } from '../../lib/observability';

/** An alarm that a consumer defines. */
export const QUEUE_ALARM = {
  id: 'QueueOld',
  metric: new cloudwatch.Metric({
    namespace: 'AWS/SQS',
    metricName: 'ApproximateAgeOfOldestMessage',
    statistic: 'Maximum',
    dimensionsMap: { QueueName: 'orders' },
  }),
  threshold: 600,
  severity: Severity.WARNING,
  missingData: MissingData.fine('an empty queue says nothing'),
  meaning: 'orders have waited for ten minutes',
  firstStep: 'see the consumer',
  section: 'queue-old',
};

/** A watch of a consumer. */
export class OwnWatch extends Watch {
  private readonly alarms: WatchAlarm[];

  constructor(
    alarms: Partial<WatchAlarm>[],
    private readonly rows: WatchRow[] = [],
  ) {
    super();
    this.alarms = alarms.map((alarm) => ({ ...QUEUE_ALARM, ...alarm }));
  }

  public bind(): WatchParts {
    return { alarms: this.alarms, rows: this.rows };
  }
}
