import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { LakehouseError, problem } from '../../lib/private/errors';

/** Where AWS is. */
export interface AwsPlace {
  /** Undefined for AWS itself. */
  readonly endpoint?: string;
  /** What the SDK finds in the environment and its profile when undefined. */
  readonly region?: string;
}

/** One call, as an error names it. */
interface Call {
  /** The permission it takes, for example `glue:GetTables`. */
  readonly action: string;
  /** What it is about, in words. */
  readonly resource: string;
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'EHOSTUNREACH', 'ETIMEDOUT']);

/** The clients that plans read by. They list, describe and get, and change nothing. */
export class Aws {
  readonly cloudformation: CloudFormationClient;
  readonly glue: GlueClient;
  readonly s3: S3Client;

  private constructor(
    readonly endpoint: string | undefined,
    readonly region: string,
  ) {
    // keys that are no secret for an endpoint on this machine, so that nobody's own are sent to it
    const credentials = isHere(endpoint) ? { accessKeyId: 'test', secretAccessKey: 'test' } : undefined;
    const config = { endpoint, region, credentials };
    this.cloudformation = new CloudFormationClient(config);
    this.glue = new GlueClient(config);
    this.s3 = new S3Client({ ...config, forcePathStyle: endpoint !== undefined });
  }

  /**
   * The clients for a place.
   *
   * @throws LakehouseError when there is no region
   */
  static async of({ endpoint, region }: AwsPlace): Promise<Aws> {
    if (endpoint !== undefined && !URL.canParse(endpoint)) {
      const remedy = 'write for example http://127.0.0.1:4566';
      throw new LakehouseError(
        problem({ path: '--endpoint', must: 'the address of an AWS endpoint', got: endpoint, remedy }),
      );
    }
    return new Aws(endpoint, region ?? (await usualRegion()));
  }

  /**
   * Does a call.
   *
   * @throws LakehouseError in one line: who may not, or who does not answer; what `otherwise` does not make a value of
   */
  async call<T>(
    call: Call,
    send: () => Promise<T>,
    otherwise: (name: string, message: string) => T | undefined = none,
  ) {
    try {
      return await send();
    } catch (error) {
      const { name, message, code } = facts(error);
      return otherwise(name, message) ?? this.fail(call, { name, message, code });
    }
  }

  /** Ends the connections. */
  close(): void {
    [this.cloudformation, this.glue, this.s3].forEach((client) => client.destroy());
  }

  private fail({ action, resource }: Call, error: { name: string; message: string; code: string }): never {
    const { name, message, code } = error;
    const got = `${name}: ${message}`;
    if (/^AccessDenied|^Unauthorized|^Forbidden$/.test(name)) {
      const remedy = 'ask for that permission, a plan only reads';
      throw new LakehouseError(problem({ path: 'credentials', must: `allowed ${action} on ${resource}`, got, remedy }));
    }
    if (/Credentials|Token|Signature/i.test(name)) {
      const remedy = 'sign in, or set AWS_PROFILE';
      throw new LakehouseError(problem({ path: 'credentials', must: 'valid', got, remedy }));
    }
    if (UNREACHABLE.has(code) || name === 'TimeoutError') {
      const place = this.endpoint ?? `AWS in ${this.region}`;
      const remedy = "start it with 'npx lakehouse up --keep', or correct --endpoint";
      throw new LakehouseError(problem({ path: 'endpoint', must: 'an AWS endpoint that answers', got: place, remedy }));
    }
    throw new LakehouseError(problem({ path: action, must: `answered for ${resource}`, got, remedy: 'try again' }));
  }
}

/** The items of all pages. */
export async function collected<P, T>(pages: AsyncIterable<P>, items: (page: P) => T[] | undefined): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) {
    all.push(...(items(page) ?? []));
  }
  return all;
}

async function usualRegion(): Promise<string> {
  const client = new GlueClient({});
  try {
    return await client.config.region();
  } catch {
    const remedy = 'name it with --region, or set AWS_REGION';
    throw new LakehouseError(problem({ path: 'region', must: 'the name of an AWS region', got: undefined, remedy }));
  } finally {
    client.destroy();
  }
}

function isHere(endpoint: string | undefined): boolean {
  return endpoint !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(new URL(endpoint).hostname);
}

function facts(error: unknown): { name: string; message: string; code: string } {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { name, message: message || code, code };
}

function none(): undefined {
  return undefined;
}
