/** Databases and tables from contracts, over buckets with a key of your own; an analyst may read one table. */
import * as iam from 'aws-cdk-lib/aws-iam';
import { App, Stack } from 'aws-cdk-lib/core';
import { catalog, contracts, foundation, storage } from '../lib';

const app = new App();
const stack = new Stack(app, 'Catalog', { env: { region: 'eu-central-1' } });

const { key } = new foundation.LakeKey(stack, 'Key');
const zones = new storage.LakeStorage(stack, 'Zones', { encryptionKey: key });
const tables = new catalog.LakeCatalog(stack, 'Tables', {
  zones,
  contracts: contracts.DataContracts.fromDirectory('contracts'),
  databasePrefix: 'analytics',
});

const analyst = new iam.Role(stack, 'Analyst', { assumedBy: new iam.AccountRootPrincipal() });
tables.table(contracts.Zone.SILVER, 'flights').grants.read(analyst);

const engineer = new iam.Role(stack, 'Engineer', { assumedBy: new iam.AccountRootPrincipal() });
tables.grants.readWrite(engineer, { zones: [contracts.Zone.BRONZE, contracts.Zone.SILVER] });

app.synth();
