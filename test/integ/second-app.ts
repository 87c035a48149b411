/**
 * An app as somebody else would write it: the dev values under another name, beside the first on the same endpoint. Without
 * Kafka, because one broker stands there for every cluster and two lakes' topics have one name.
 */
import { App } from 'aws-cdk-lib/core';
import { environments } from '../../config';
import { LakehouseStack, contracts } from '../../lib';

const app = new App();
const config = { ...environments.load('dev'), environment: 'second', kafka: undefined, streaming: undefined };
new LakehouseStack(app, `Lakehouse-${config.environment}`, {
  config,
  contracts: contracts.DataContracts.fromDirectory(String(app.node.tryGetContext('contracts'))),
  allowDestroy: true,
});
