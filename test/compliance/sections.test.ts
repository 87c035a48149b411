import { App } from 'aws-cdk-lib/core';
import { environments } from '../../config';
import { validateConfig } from '../../lib/config';
import { complianceOf, withRules } from '../support/compliance';
import { fixtureDependencies } from '../support/dependencies';
import { temporaryDirectory } from '../support/temporary';
import { lakehouseOf, variantsOf } from '../support/variants';

const dependencies = fixtureDependencies();

describe.each(Object.entries(variantsOf(environments.load('prod'))))('prod without %s', (name, config) => {
  test('is valid, synthesizes, and no rule has anything to say', () => {
    expect(() => validateConfig(config)).not.toThrow();
    const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false });
    const stack = lakehouseOf(app, config, dependencies);
    expect(complianceOf(withRules(app)).open).toEqual([]);
    const rooms = stack.node.children.map(({ node }) => node.id);
    const built = { kafka: 'Kafka', streaming: 'StreamingCluster', batch: 'BatchCluster', jobFlow: 'JobFlow' };
    const more = { serverless: 'Serverless', airflow: 'Airflow', athena: 'Workgroup', budget: 'Budget' };
    const room = { ...built, ...more }[name];
    expect(room === undefined ? undefined : rooms.includes(room)).not.toBe(true);
  });
});
