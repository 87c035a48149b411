import { eachResource, type Rule } from '../rule';
import { isLiteral, textOf } from '../values';

/** The files of an environment that it reads when it is updated. */
const FILES = ['Requirements', 'Plugins', 'StartupScript'];

/** CloudFormation sees no change when only the content of the file changed. */
export const mwaaFileVersion: Rule = {
  id: 'mwaa-file-version',
  severity: 'error',
  wrong:
    'A file of an Airflow environment has no version and no hash in its name: its changes never reach the environment.',
  remedy: 'Set the S3ObjectVersion beside the S3Path, or name the file by its content.',
  source: 'https://docs.aws.amazon.com/mwaa/latest/userguide/working-dags-dependencies.html',
  places: eachResource(['AWS::MWAA::Environment'], ({ properties }) =>
    FILES.filter((file) => {
      const path = textOf(properties[`${file}S3Path`]);
      const isVersioned = properties[`${file}S3ObjectVersion`] !== undefined;
      return path !== undefined && isLiteral(path) && !isVersioned && !/[0-9a-f]{8}/.test(path);
    }).map((file) => `${file}S3Path`),
  ),
};
