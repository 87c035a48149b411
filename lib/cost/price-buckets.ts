import { sorted } from '../private';
import type { Charge, Pricer } from './charge';
import { type TemplateResource, at, listAt, numberAt, textAt } from './template-reader';

/** What a storage class costs: a month, to get into, and to read. */
interface ClassPrices {
  readonly label: string;
  readonly storage: string;
  readonly transition?: string;
  readonly retrieval?: string;
}

const STANDARD: ClassPrices = { label: 'Standard', storage: 's3.standard' };

const CLASSES: { [name: string]: ClassPrices } = {
  STANDARD_IA: {
    label: 'Standard-IA',
    storage: 's3.standard-ia',
    transition: 's3.transition-ia',
    retrieval: 's3.retrieval-ia',
  },
  ONEZONE_IA: {
    label: 'One Zone-IA',
    storage: 's3.one-zone-ia',
    transition: 's3.transition-ia',
    retrieval: 's3.retrieval-ia',
  },
  INTELLIGENT_TIERING: {
    label: 'Intelligent-Tiering',
    storage: 's3.intelligent-frequent',
    transition: 's3.transition-intelligent',
  },
  GLACIER_IR: {
    label: 'Glacier Instant Retrieval',
    storage: 's3.glacier-instant',
    transition: 's3.transition-instant',
    retrieval: 's3.retrieval-instant',
  },
  GLACIER: {
    label: 'Glacier Flexible Retrieval',
    storage: 's3.glacier-flexible',
    transition: 's3.transition-flexible',
  },
  DEEP_ARCHIVE: { label: 'Glacier Deep Archive', storage: 's3.deep-archive', transition: 's3.transition-deep' },
};

/** Days in a month, as the transitions of a month count them. */
const MONTH = 365 / 12;

/** The data of a bucket that is in one class. */
interface Layer {
  readonly prices: ClassPrices;
  readonly from: number;
  readonly gigabytes: number;
}

/** The buckets of templates by name: the prefix under which they write access logs, and `accessLogs` for where those go. */
export function bucketsByName(resources: TemplateResource[]): Map<string, TemplateResource> {
  const buckets = resources.filter(({ type }) => type === 'AWS::S3::Bucket');
  const targets = new Set(
    buckets.map(({ properties }) => textAt(properties, 'LoggingConfiguration', 'DestinationBucketName', 'Ref')),
  );
  return new Map(
    buckets.map((bucket) => {
      const prefix = textAt(bucket.properties, 'LoggingConfiguration', 'LogFilePrefix')?.replace(/\/$/, '');
      return [prefix ?? (targets.has(bucket.id) ? 'accessLogs' : bucket.id), bucket];
    }),
  );
}

/** The data of a bucket, by the classes its lifecycle moves it to; the plain lake keeps the same data in Standard. */
export function priceBucket(name: string, bucket: TemplateResource, pricer: Pricer): void {
  const stored = pricer.assumed.storedGigabytes[name] ?? 0;
  const { layers, span } = layersOf(bucket, stored, pricer.assumed.dataAgeDays);
  for (const layer of layers.filter(({ gigabytes }) => gigabytes > 0)) {
    priceLayer(`${name} ${layer.prices.label}`, layer, pricer);
    if (layer.prices.transition !== undefined) {
      // Everything that reaches the age moves, so a month's arrivals move in a month.
      const moved = stored * Math.min(1, MONTH / span);
      addExtra(`${name} moves to ${layer.prices.label}`, layer.prices.transition, thousands(moved, pricer), pricer);
    }
  }
}

function priceLayer(item: string, { prices, gigabytes }: Layer, pricer: Pricer): void {
  const standard = pricer.amount(STANDARD.storage);
  const store = (label: string, price: string, quantity: number): void => {
    const savings: Charge['savings'] = { 'storage tiering': quantity * (standard - pricer.amount(price)) };
    pricer.add({ service: 'S3', item: label, price, quantity, savings });
  };
  if (prices.storage !== 's3.intelligent-frequent') {
    store(item, prices.storage, gigabytes);
  } else {
    const { idleShare } = pricer.assumed;
    store(`${item}, read`, prices.storage, gigabytes * (1 - idleShare));
    store(`${item}, idle`, 's3.intelligent-infrequent', gigabytes * idleShare);
    addExtra(`${item}, monitoring`, 's3.intelligent-monitoring', thousands(gigabytes, pricer), pricer);
  }
  if (prices.retrieval !== undefined) {
    addExtra(`${item}, read`, prices.retrieval, gigabytes * pricer.assumed.coldReadShare, pricer);
  }
}

/** A charge that Standard does not have, which tiering must first earn. */
function addExtra(item: string, price: string, quantity: number, pricer: Pricer): void {
  const savings = { 'storage tiering': -quantity * pricer.amount(price) };
  pricer.add({ service: 'S3', item, price, quantity, savings });
}

/** Thousands of objects that hold so many gigabytes. */
function thousands(gigabytes: number, pricer: Pricer): number {
  return (gigabytes * 1024) / pricer.assumed.objectMegabytes / 1000;
}

/** The data by class: ages are spread evenly from 0 to the oldest, or to where the lifecycle deletes. */
function layersOf(
  { properties }: TemplateResource,
  stored: number,
  oldest: number,
): { readonly layers: Layer[]; readonly span: number } {
  const rules = listAt(properties, 'LifecycleConfiguration', 'Rules').filter(
    (rule) => textAt(rule, 'Status') === 'Enabled' && at(rule, 'Prefix') === undefined,
  );
  const expiry = rules.flatMap((rule) => numberAt(rule, 'ExpirationInDays') ?? []);
  const span = Math.min(oldest, ...expiry);
  const starts = rules
    .flatMap((rule) => listAt(rule, 'Transitions'))
    .flatMap((move) => {
      const prices = CLASSES[textAt(move, 'StorageClass') ?? ''];
      return prices === undefined ? [] : [{ prices, from: numberAt(move, 'TransitionInDays') ?? 0 }];
    })
    .filter(({ from }) => from < span);
  const bounds = [{ prices: STANDARD, from: 0 }, ...sorted(starts, ({ from }) => from)];
  const layers = bounds.map(({ prices, from }, index) => {
    const until = bounds[index + 1]?.from ?? span;
    return { prices, from, gigabytes: (stored * (until - from)) / span };
  });
  return { layers, span };
}
