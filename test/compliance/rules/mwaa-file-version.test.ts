import { mwaaFileVersion } from '../../../lib/compliance/rules/mwaa-file-version';
import { type Fixture, describeRule, ref, resources } from './fixtures';

const airflow = (Properties: { [name: string]: unknown }): Fixture =>
  resources({ Airflow: { Type: 'AWS::MWAA::Environment', Properties } });

describeRule(mwaaFileVersion, {
  compliant: {
    'a file with a version': airflow({ PluginsS3Path: 'plugins.zip', PluginsS3ObjectVersion: 'abc' }),
    'a file named by its content': airflow({ RequirementsS3Path: 'requirements/3f786850e387550f.txt' }),
    'a file known at deployment': airflow({ RequirementsS3Path: ref('Path') }),
  },
  nonCompliant: {
    'files without a version': [
      airflow({ RequirementsS3Path: 'requirements.txt', StartupScriptS3Path: 'start.sh' }),
      'Airflow Properties.RequirementsS3Path',
      'Airflow Properties.StartupScriptS3Path',
    ],
  },
});
