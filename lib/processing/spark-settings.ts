import { Token } from 'aws-cdk-lib/core';
import type { Problem } from '../private';

/** What is wrong with settings of Spark, which drops in silence what is none of its own. */
export function settingProblems(path: string, settings: { [key: string]: string } = {}): Problem[] {
  const keys = Object.keys(settings);
  return [
    ...keys
      .filter((key) => !Token.isUnresolved(key) && !/^spark\.[^\s=]+$/.test(key))
      .map((got) => ({
        path,
        must: "settings whose names begin with 'spark.', without spaces and equals signs",
        got,
        remedy: "Spark ignores others; Hadoop's begin with 'spark.hadoop.'",
      })),
    ...keys
      .filter((key) => typeof settings[key] !== 'string')
      .map((key) => ({ path: `${path}.${key}`, must: 'a text', got: settings[key], remedy: 'put it into quotes' })),
  ];
}
