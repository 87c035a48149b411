import type { Item, Pricer, ResourcePricer } from './charge';
import { priceAirflow } from './price-airflow';
import { priceCluster, priceServerless } from './price-clusters';
import { priceKafka } from './price-kafka';
import { priceStateMachine } from './price-state-machines';
import { priceAlarm } from './price-watching';
import { type TemplateResource, listAt, numberAt, textAt } from './template-reader';

/** A charge for a resource's existence. */
function flat(service: string, item: string, price: string, hourly = false): ResourcePricer {
  return (_resource, pricer) => {
    const quantity = hourly ? pricer.assumed.hoursPerMonth : 1;
    pricer.add({ service, item, price, quantity });
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

function isInterface({ type, properties }: TemplateResource): boolean {
  return type === 'AWS::EC2::VPCEndpoint' && textAt(properties, 'VpcEndpointType') === 'Interface';
}

/** A function, of which there is none but the CDK's own: it runs when something is deployed. */
function priceFunction({ properties }: TemplateResource, pricer: Pricer): void {
  const gigabytes = (numberAt(properties, 'MemorySize') ?? 128) / 1024;
  const price = listAt(properties, 'Architectures').includes('arm64') ? 'lambda.arm64.gb-second' : 'lambda.gb-second';
  const quantity = gigabytes * pricer.assumed.functionSeconds;
  pricer.add({ service: 'Lambda', item: 'functions', price, quantity });
}

function priceOptimizer(_resource: TemplateResource, pricer: Pricer): void {
  const quantity = pricer.assumed.optimizerHours;
  pricer.add({ service: 'Glue', item: 'table optimizers', price: 'glue.optimizer', quantity });
}

/** The pricers of single resources by type; buckets are priced together, by name. */
export const PRICERS: { readonly [type: string]: ResourcePricer } = {
  'AWS::CloudWatch::Alarm': priceAlarm,
  'AWS::CloudWatch::CompositeAlarm': flat('CloudWatch', 'composite alarms', 'cloudwatch.alarm-composite'),
  'AWS::CloudWatch::Dashboard': flat('CloudWatch', 'dashboards', 'cloudwatch.dashboard'),
  'AWS::EC2::EIP': flat('VPC', 'public addresses', 'ipv4.address', true),
  'AWS::EC2::NatGateway': flat('VPC', 'NAT gateways', 'nat.hour', true),
  'AWS::EC2::VPCEndpoint': priceEndpoint,
  'AWS::EMR::Cluster': priceCluster,
  'AWS::EMRServerless::Application': priceServerless,
  'AWS::Glue::TableOptimizer': priceOptimizer,
  'AWS::KMS::Key': flat('KMS', 'keys', 'kms.key'),
  'AWS::Lambda::Function': priceFunction,
  'AWS::MSK::Cluster': priceKafka,
  'AWS::MWAA::Environment': priceAirflow,
  'AWS::SecretsManager::Secret': flat('Secrets Manager', 'secrets', 'secrets.secret'),
  'AWS::StepFunctions::StateMachine': priceStateMachine,
};

/** A charge by use, with the type that must be there for it to be used. */
function use(of: string, [service, item, price]: [string, string, string], quantity: number): [string, Item] {
  return [of, { service, item, price, quantity }];
}

function uses({ assumed, resources }: Pricer): [string, Item][] {
  const emails = resources.filter(({ properties }) => textAt(properties, 'Protocol') === 'email').length;
  return [
    use('AWS::S3::Bucket', ['S3', 'requests that write', 's3.put'], assumed.writeRequests / 1000),
    use('AWS::S3::Bucket', ['S3', 'requests that read', 's3.get'], assumed.readRequests / 1000),
    use('AWS::KMS::Key', ['KMS', 'requests', 'kms.requests'], assumed.keyRequests / 10_000),
    use('AWS::EC2::NatGateway', ['VPC', 'data through NAT gateways', 'nat.data'], assumed.natGigabytes),
    use('AWS::Athena::WorkGroup', ['Athena', 'scans', 'athena.scan'], assumed.scannedTerabytes),
    use('AWS::SNS::Topic', ['SNS', 'alerts', 'sns.requests'], assumed.alerts / 1_000_000),
    use('AWS::SNS::Subscription', ['SNS', 'emails', 'sns.emails'], (emails * assumed.alerts) / 100_000),
  ];
}

/** What is paid by use: once for the lake, if it has anything to use. */
export function priceUse(pricer: Pricer): void {
  const types = new Set(pricer.resources.map(({ type }) => type));
  for (const [, item] of uses(pricer).filter(([of]) => types.has(of))) {
    pricer.add(item);
  }
  if (pricer.resources.some(isInterface)) {
    const quantity = pricer.assumed.endpointGigabytes;
    pricer.add({ service: 'VPC', item: 'data through interface endpoints', price: 'endpoint.data', quantity });
  }
}
