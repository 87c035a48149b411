import type { Pricer } from './charge';
import { type TemplateResource, at, listAt, numberAt, textAt } from './template-reader';

/** Adds the charges of one resource. */
export type ResourcePricer = (resource: TemplateResource, pricer: Pricer) => void;

/** A charge for a resource's existence. */
function flat(service: string, label: string, price: string, hourly = false): ResourcePricer {
  return (_resource, pricer) => {
    const quantity = hourly ? pricer.assumed.hoursPerMonth : 1;
    pricer.add({ service, item: label, price, quantity });
  };
}

/** A gateway endpoint is free; an interface one costs in each zone. */
function priceEndpoint(resource: TemplateResource, pricer: Pricer): void {
  if (isInterface(resource)) {
    const zones = Math.max(1, listAt(resource.properties, 'SubnetIds').length);
    const quantity = zones * pricer.assumed.hoursPerMonth;
    pricer.add({ service: 'VPC', item: 'interface endpoints', price: 'endpoint.hour', quantity });
  }
}

/** An alarm is billed by the metrics it reads; a band of anomalies has two of its own. */
function priceAlarm({ properties }: TemplateResource, pricer: Pricer): void {
  const metrics = listAt(properties, 'Metrics');
  const read = metrics.filter((metric) => at(metric, 'MetricStat') !== undefined);
  const bands = metrics.filter((metric) => textAt(metric, 'Expression')?.includes('ANOMALY_DETECTION_BAND'));
  const periods = [numberAt(properties, 'Period'), ...read.map((metric) => numberAt(metric, 'MetricStat', 'Period'))];
  const fast = periods.some((period) => period !== undefined && period < 60);
  pricer.add({
    service: 'CloudWatch',
    item: fast ? 'high-resolution alarms' : 'alarms',
    price: fast ? 'cloudwatch.alarm-high-resolution' : 'cloudwatch.alarm',
    quantity: Math.max(1, read.length) + 2 * bands.length,
  });
}

/** Brokers of Kafka, and their disks. The plain lake has x86 brokers. */
function priceBrokers({ id, properties }: TemplateResource, pricer: Pricer): void {
  const type = textAt(properties, 'BrokerNodeGroupInfo', 'InstanceType') ?? '';
  const brokers = numberAt(properties, 'NumberOfBrokerNodes') ?? 0;
  const quantity = brokers * pricer.assumed.hoursPerMonth;
  const price = `msk.${type}`;
  const amount = pricer.amount(price);
  const plain = type.startsWith('kafka.m7g.') ? pricer.amount(price.replace('m7g', 'm5'), amount) : amount;
  const savings = { Graviton: quantity * (plain - amount) };
  pricer.add({ service: 'MSK', item: `${id} ${type} brokers`, price, quantity, savings });
  const disk = numberAt(properties, 'BrokerNodeGroupInfo', 'StorageInfo', 'EBSStorageInfo', 'VolumeSize') ?? 0;
  pricer.add({ service: 'MSK', item: `${id} disks`, price: 'msk.storage', quantity: brokers * disk });
}

/** Airflow: the environment with one worker and two schedulers, and what it has beyond them. */
function priceAirflow({ id, properties }: TemplateResource, pricer: Pricer): void {
  const { hoursPerMonth, airflowDuty } = pricer.assumed;
  const name = textAt(properties, 'EnvironmentClass') ?? 'mw1.small';
  const least = numberAt(properties, 'MinWorkers') ?? 1;
  const most = Math.max(least, numberAt(properties, 'MaxWorkers') ?? least);
  const workers = least - 1 + (most - least) * airflowDuty;
  const schedulers = Math.max(0, (numberAt(properties, 'Schedulers') ?? 2) - 2);
  pricer.add({ service: 'MWAA', item: `${id} ${name}`, price: `mwaa.${name}`, quantity: hoursPerMonth });
  pricer.add({
    service: 'MWAA',
    item: `${id} more workers and schedulers`,
    price: `mwaa-node.${name}`,
    quantity: (workers + schedulers) * hoursPerMonth,
  });
}

/** Logs are stored for the retention of their group; the month's gigabytes are spread evenly over the groups. */
function priceLogs(groups: TemplateResource[], pricer: Pricer): void {
  if (groups.length === 0) {
    return;
  }
  const { logGigabytes } = pricer.assumed;
  const months = groups.map(({ properties }) => (numberAt(properties, 'RetentionInDays') ?? 3650) / (365 / 12));
  const kept = months.reduce((sum, each) => sum + each, 0) / groups.length;
  pricer.add({ service: 'CloudWatch', item: 'logs written', price: 'logs.ingest', quantity: logGigabytes });
  pricer.add({ service: 'CloudWatch', item: 'logs kept', price: 'logs.storage', quantity: logGigabytes * kept });
}

/** The pricers by type, those of clusters and buckets aside. */
export const PLATFORM: { readonly [type: string]: ResourcePricer } = {
  'AWS::EC2::NatGateway': flat('VPC', 'NAT gateways', 'nat.hour', true),
  'AWS::EC2::EIP': flat('VPC', 'public addresses', 'ipv4.address', true),
  'AWS::EC2::VPCEndpoint': priceEndpoint,
  'AWS::KMS::Key': flat('KMS', 'keys', 'kms.key'),
  'AWS::CloudWatch::Alarm': priceAlarm,
  'AWS::CloudWatch::CompositeAlarm': flat('CloudWatch', 'composite alarms', 'cloudwatch.alarm-composite'),
  'AWS::CloudWatch::Dashboard': flat('CloudWatch', 'dashboards', 'cloudwatch.dashboard'),
  'AWS::SecretsManager::Secret': flat('Secrets Manager', 'secrets', 'secrets.secret'),
  'AWS::MSK::Cluster': priceBrokers,
  'AWS::MWAA::Environment': priceAirflow,
  'AWS::Glue::TableOptimizer': (_resource, pricer) =>
    pricer.add({
      service: 'Glue',
      item: 'table optimizers',
      price: 'glue.optimizer',
      quantity: pricer.assumed.optimizerHours,
    }),
};

/** What is paid by use, if the lake has something to use: service, item, price and quantity. */
interface Use {
  readonly of: string;
  readonly charge: Parameters<Pricer['add']>[0];
}

function use(of: string, [service, item, price]: [string, string, string], quantity: number): Use {
  return { of, charge: { service, item, price, quantity } };
}

function uses({ assumed }: Pricer): Use[] {
  return [
    use('AWS::S3::Bucket', ['S3', 'requests that write', 's3.put'], assumed.writeRequests / 1000),
    use('AWS::S3::Bucket', ['S3', 'requests that read', 's3.get'], assumed.readRequests / 1000),
    use('AWS::KMS::Key', ['KMS', 'requests', 'kms.requests'], assumed.keyRequests / 10_000),
    use('AWS::EC2::NatGateway', ['VPC', 'data through NAT gateways', 'nat.data'], assumed.natGigabytes),
    use('AWS::Athena::WorkGroup', ['Athena', 'scans', 'athena.scan'], assumed.scannedTerabytes),
  ];
}

/** What is paid by use: once for the lake, if it has anything to use. */
export function priceUse(resources: TemplateResource[], pricer: Pricer): void {
  const types = new Set(resources.map(({ type }) => type));
  for (const { charge } of uses(pricer).filter(({ of }) => types.has(of))) {
    pricer.add(charge);
  }
  if (resources.some(isInterface)) {
    const quantity = pricer.assumed.endpointGigabytes;
    pricer.add({ service: 'VPC', item: 'data through interface endpoints', price: 'endpoint.data', quantity });
  }
  priceLogs(
    resources.filter(({ type }) => type === 'AWS::Logs::LogGroup'),
    pricer,
  );
  const quantity = pricer.assumed.customMetrics ?? customMetrics(resources).size;
  pricer.add({ service: 'CloudWatch', item: 'custom metrics', price: 'cloudwatch.metric', quantity });
}

function isInterface({ type, properties }: TemplateResource): boolean {
  return type === 'AWS::EC2::VPCEndpoint' && textAt(properties, 'VpcEndpointType') === 'Interface';
}

/** The metrics that alarms and dashboards read and that no AWS service emits: namespace, name and dimensions. */
export function customMetrics(resources: TemplateResource[]): Set<string> {
  const found = resources.flatMap(({ type, properties }) => {
    if (type === 'AWS::CloudWatch::Alarm') {
      const read = listAt(properties, 'Metrics').map((metric) => at(metric, 'MetricStat', 'Metric'));
      return [properties, ...read].map(metricName);
    }
    return type === 'AWS::CloudWatch::Dashboard' ? shownMetrics(at(properties, 'DashboardBody')) : [];
  });
  const custom = found.filter(([namespace]) => typeof namespace === 'string' && !namespace.startsWith('AWS/'));
  return new Set(custom.map((parts) => JSON.stringify(parts)));
}

/** Namespace, name and dimensions, as a dashboard writes them. */
function metricName(metric: unknown): unknown[] {
  const dimensions = listAt(metric, 'Dimensions').flatMap((dimension) => [
    at(dimension, 'Name'),
    at(dimension, 'Value'),
  ]);
  return [at(metric, 'Namespace'), at(metric, 'MetricName'), ...dimensions];
}

/** The metrics of a dashboard, options left out; what is only known when it is deployed stands as its reference. */
function shownMetrics(body: unknown): unknown[][] {
  const text = flattened(body);
  try {
    const widgets = listAt(JSON.parse(text), 'widgets');
    const rows = widgets.flatMap((widget) => listAt(widget, 'properties', 'metrics'));
    return rows.map((row) => listAt(row).filter((part) => typeof part === 'string'));
  } catch {
    return [];
  }
}

/** A text that may be joined of parts. */
function flattened(value: unknown): string {
  const parts = listAt(value, 'Fn::Join', 1);
  if (parts.length > 0) {
    return parts.map(flattened).join(textAt(value, 'Fn::Join', 0) ?? '');
  }
  return typeof value === 'string' ? value : JSON.stringify(value).replaceAll(/["\\]/g, '');
}
