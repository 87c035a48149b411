import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Token } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import { Claims } from '../private';

/** The folders that have an owner: by app where the name of the bucket is known, else by bucket. */
const FOLDERS = new Claims();

/**
 * Takes a folder of a bucket for a construct; the path of who has it already, which stays theirs.
 *
 * @internal
 */
export function folderOwner(construct: IConstruct, bucket: IBucket, folder: string): string | undefined {
  // each stack of an app may import the same bucket
  return Token.isUnresolved(bucket.bucketName)
    ? FOLDERS.take(bucket, folder, construct)
    : FOLDERS.take(construct.node.root, `${bucket.bucketName}/${folder}`, construct);
}
