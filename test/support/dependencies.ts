import * as fs from 'node:fs';
import * as path from 'node:path';
import { DBT_LOCK, QUALITY_LOCK, STREAM_JARS } from '../../lib/pipelines/jobs';
import { InstanceArchitecture, SparkDependencies } from '../../lib/processing';
import { temporaryDirectory } from './temporary';

/** Dependencies with the right names and next to no content, so that synth needs nothing built. */
export function fixtureDependencies(): SparkDependencies {
  const directory = temporaryDirectory();
  const dependencies = new SparkDependencies({ directory });
  for (const architecture of [InstanceArchitecture.X86_64, InstanceArchitecture.ARM_64]) {
    for (const each of [dependencies, dependencies.withPython(DBT_LOCK), dependencies.withPython(QUALITY_LOCK)]) {
      fs.writeFileSync(path.join(directory, each.pythonArchiveName(architecture)), 'python');
    }
  }
  for (const each of [dependencies, dependencies.withJars(STREAM_JARS)]) {
    const jars = path.join(directory, each.jarsDirectoryName());
    fs.mkdirSync(jars);
    for (const name of each.jarNames()) {
      fs.writeFileSync(path.join(jars, name), 'jar');
    }
  }
  return dependencies;
}
