import * as iam from 'aws-cdk-lib/aws-iam';
import { App, Size, Stack } from 'aws-cdk-lib/core';
import { catalog, consumption, contracts, storage } from '../lib';

/** Analysts query silver with SQL, at most 20 GiB a query. */
export function athenaWorkgroup(app: App): Stack {
  const stack = new Stack(app, 'Analytics');
  const zones = new storage.LakeStorage(stack, 'Zones');
  const datasets = contracts.DataContracts.fromDirectory('contracts');
  const lake = new catalog.LakeCatalog(stack, 'Catalog', { zones, contracts: datasets });

  const workgroup = new consumption.AthenaWorkgroup(stack, 'Analysts', {
    results: zones.artifacts,
    scanLimit: Size.gibibytes(20),
  });
  workgroup.addTableQueries(lake, datasets);

  const analyst = new iam.Role(stack, 'Analyst', { assumedBy: new iam.AccountRootPrincipal() });
  workgroup.grants.query(analyst);
  lake.grants.read(analyst, { zones: [contracts.Zone.SILVER] });
  return stack;
}

if (require.main === module) {
  athenaWorkgroup(new App());
}
