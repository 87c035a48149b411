import { App } from 'aws-cdk-lib/core';
import { environments } from '../config';
import { LakehouseStack, contracts } from '../lib';

const app = new App();
new LakehouseStack(app, 'Lakehouse', {
  config: environments.load(app.node.tryGetContext('env')),
  contracts: contracts.DataContracts.fromDirectory('contracts'),
});
