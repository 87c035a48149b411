import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EMRClient } from '@aws-sdk/client-emr';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { AwsCaller, type AwsPlace, resolved } from '../aws';

/** The clients that streams are operated by. */
export class Aws extends AwsCaller {
  readonly cloudwatch: CloudWatchClient;
  readonly emr: EMRClient;
  readonly s3: S3Client;
  readonly sfn: SFNClient;
  readonly ssm: SSMClient;

  private constructor(endpoint: string | undefined, region: string) {
    super(endpoint, region, 'ask for that permission, see docs/operations');
    this.cloudwatch = new CloudWatchClient(this.config);
    this.emr = new EMRClient(this.config);
    this.s3 = new S3Client({ ...this.config, forcePathStyle: endpoint !== undefined });
    this.sfn = new SFNClient(this.config);
    this.ssm = new SSMClient(this.config);
  }

  /**
   * Does something with the clients of a place.
   *
   * @throws LakehouseError when there is no region
   */
  static async at<T>(place: AwsPlace, use: (aws: Aws) => Promise<T>): Promise<T> {
    const { endpoint, region } = await resolved(place);
    const aws = new Aws(endpoint, region);
    try {
      return await use(aws);
    } finally {
      aws.close();
    }
  }

  close(): void {
    [this.cloudwatch, this.emr, this.s3, this.sfn, this.ssm].forEach((client) => client.destroy());
  }
}
