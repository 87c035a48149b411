/**
 * What `npm run bench:synth` holds 1,000 datasets against, in a process of its own: as many tables and alarms from L1 classes, in as
 * many nested stacks, with nothing else around them. Writes milliseconds of CPU and of the clock, as JSON.
 */
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as glue from 'aws-cdk-lib/aws-glue';
import { NestedStack, Stack } from 'aws-cdk-lib/core';
import { appIn, measure } from './measure';

const STACKS = 2;
const NESTED = 20;
const TABLES = 75;
const ALARMS = 25;
const COLUMNS = 15;

function table(stack: Stack, name: string): void {
  const fields = Array.from({ length: COLUMNS }, (_, index) => ({
    id: index + 1,
    name: `column_${index}`,
    type: 'string',
    required: false,
    doc: 'What a person wrote about it',
  }));
  const icebergTableInput = { location: `s3://lake/${name}`, schema: { type: 'struct', schemaId: 0, fields } };
  new glue.CfnTable(stack, name, {
    catalogId: stack.account,
    databaseName: 'silver',
    name,
    openTableFormatInput: { icebergInput: { metadataOperation: 'CREATE', version: '2', icebergTableInput } },
  });
}

function alarm(stack: Stack, name: string): void {
  new cloudwatch.CfnAlarm(stack, name, {
    namespace: 'Lakehouse',
    metricName: 'DatasetLoaded',
    dimensions: [{ name: 'Dataset', value: name }],
    statistic: 'Sum',
    period: 3600,
    evaluationPeriods: 24,
    threshold: 1,
    comparisonOperator: 'LessThanThreshold',
  });
}

function main([outdir = '']: string[]): void {
  const app = appIn(outdir);
  const measured = measure(() => {
    for (let number = 0; number < STACKS; number++) {
      const stack = new Stack(app, `Bare${number}`, { env: { region: 'us-east-1' } });
      for (let part = 0; part < NESTED; part++) {
        const nested = new NestedStack(stack, `Part${part}`);
        Array.from({ length: TABLES }, (_, index) => table(nested, `table${index}`));
        Array.from({ length: ALARMS }, (_, index) => alarm(nested, `alarm${index}`));
      }
    }
    app.synth();
  });
  process.stdout.write(JSON.stringify(measured));
}

main(process.argv.slice(2));
