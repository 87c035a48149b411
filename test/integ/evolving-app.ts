/** The least app with tables, as somebody else would write it: buckets, and what the contracts of a folder ask for. */
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { LakeCatalog } from '../../lib/catalog';
import { DataContracts } from '../../lib/contracts';
import { LakeStorage } from '../../lib/storage';

const app = new App();
const stack = new Stack(app, 'Evolving');
const zones = new LakeStorage(stack, 'Zones', { removalPolicy: RemovalPolicy.DESTROY });
new LakeCatalog(stack, 'Catalog', {
  zones,
  contracts: DataContracts.fromDirectory(process.argv[2] ?? ''),
  databasePrefix: 'evolving',
});
