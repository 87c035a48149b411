import type { Pricer } from './charge';
import { type TemplateResource, numberAt, textAt } from './template-reader';

/** The class that has one of everything and never more. */
const MICRO = 'mw1.micro';

/**
 * Airflow: the environment, what it has beyond one worker and the two schedulers and web servers that every class above
 * micro has, its database and its metrics. Nothing of it is cheaper than in the plain lake.
 *
 * @see https://aws.amazon.com/managed-workflows-for-apache-airflow/pricing/
 */
export function priceAirflow({ name, properties }: TemplateResource, pricer: Pricer): void {
  const { hoursPerMonth, airflowDuty, airflowMetadataGigabytes, airflowMetrics } = pricer.assumed;
  const size = textAt(properties, 'EnvironmentClass') ?? 'mw1.small';
  const included = size === MICRO ? 1 : 2;
  const beyond = (least: string, most: string, free: number): number => {
    const from = numberAt(properties, least) ?? free;
    const to = Math.max(from, numberAt(properties, most) ?? from);
    return Math.max(0, from - free) + (to - from) * airflowDuty;
  };
  const more =
    beyond('MinWorkers', 'MaxWorkers', 1) +
    beyond('Schedulers', 'Schedulers', included) +
    beyond('MinWebservers', 'MaxWebservers', included);
  for (const [service, item, price, quantity] of [
    ['MWAA', `${name} ${size}`, `mwaa.${size}`, hoursPerMonth],
    ['MWAA', `${name} more workers, schedulers and web servers`, `mwaa-node.${size}`, more * hoursPerMonth],
    ['MWAA', `${name} database`, 'mwaa.metadata', airflowMetadataGigabytes],
    ['CloudWatch', `${name} metrics of Airflow`, 'cloudwatch.metric', airflowMetrics],
  ] as const) {
    pricer.add({ service, item, price, quantity });
  }
}
