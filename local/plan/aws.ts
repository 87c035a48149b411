import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { AwsCaller, type AwsPlace, resolved } from '../aws';

/** The clients that plans read by. They list, describe and get, and change nothing. */
export class Aws extends AwsCaller {
  readonly cloudformation: CloudFormationClient;
  readonly glue: GlueClient;
  readonly s3: S3Client;

  private constructor(endpoint: string | undefined, region: string) {
    super(endpoint, region, 'ask for that permission, a plan only reads');
    this.cloudformation = new CloudFormationClient(this.config);
    this.glue = new GlueClient(this.config);
    this.s3 = new S3Client({ ...this.config, forcePathStyle: endpoint !== undefined });
  }

  /**
   * The clients for a place.
   *
   * @throws LakehouseError when there is no region
   */
  static async of(place: AwsPlace): Promise<Aws> {
    const { endpoint, region } = await resolved(place);
    return new Aws(endpoint, region);
  }

  close(): void {
    [this.cloudformation, this.glue, this.s3].forEach((client) => client.destroy());
  }
}
