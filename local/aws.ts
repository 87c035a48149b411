import { SSMClient } from '@aws-sdk/client-ssm';
import { COMMAND } from '../lib/private/command';
import { LakehouseError, problem } from '../lib/private/errors';
import type { RunPaths } from './paths';
import { findStanding } from './run-state';

/** Where AWS is. */
export interface AwsPlace {
  /** Undefined for AWS itself. */
  readonly endpoint?: string;
  /** What the SDK finds in the environment and its profile when undefined. */
  readonly region?: string;
}

/** One call, as an error names it. */
export interface Call {
  /** The permission it takes, for example `glue:GetTables`. */
  readonly action: string;
  /** What it is about, in words. */
  readonly resource: string;
}

/** What every client of a place is made with. */
interface ClientConfig {
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'EHOSTUNREACH', 'ETIMEDOUT']);

/** Calls AWS for one command; its clients are those of who extends it. */
export abstract class AwsCaller {
  protected readonly config: ClientConfig;

  /**
   * @param whenRefused what a person does who may not, to be read after a semicolon
   */
  protected constructor(
    readonly endpoint: string | undefined,
    readonly region: string,
    private readonly whenRefused: string,
  ) {
    // keys that are no secret for an endpoint on this machine, so that nobody's own are sent to it
    const credentials = isHere(endpoint) ? { accessKeyId: 'test', secretAccessKey: 'test' } : undefined;
    this.config = { endpoint, region, credentials };
  }

  /** Ends the connections. */
  abstract close(): void;

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

  private fail({ action, resource }: Call, error: { name: string; message: string; code: string }): never {
    const { name, message, code } = error;
    const got = `${name}: ${message}`;
    if (/^AccessDenied|^Unauthorized|^Forbidden$/.test(name)) {
      const remedy = this.whenRefused;
      throw new LakehouseError(problem({ path: 'credentials', must: `allowed ${action} on ${resource}`, got, remedy }));
    }
    if (/Credentials|Token|Signature/i.test(name)) {
      const remedy = 'sign in, or set AWS_PROFILE';
      throw new LakehouseError(problem({ path: 'credentials', must: 'valid', got, remedy }));
    }
    if (UNREACHABLE.has(code) || name === 'TimeoutError') {
      const place = this.endpoint ?? `AWS in ${this.region}`;
      const remedy = `start it with '${COMMAND} up --keep', or correct --endpoint`;
      throw new LakehouseError(problem({ path: 'endpoint', must: 'an AWS endpoint that answers', got: place, remedy }));
    }
    throw new LakehouseError(problem({ path: action, must: `answered for ${resource}`, got, remedy: 'try again' }));
  }
}

/**
 * A place with its region.
 *
 * @throws LakehouseError when the endpoint is no address, or when there is no region
 */
export async function resolved({ endpoint, region }: AwsPlace): Promise<{ endpoint?: string; region: string }> {
  if (endpoint !== undefined && !URL.canParse(endpoint)) {
    const remedy = 'write for example http://127.0.0.1:4566';
    throw new LakehouseError(
      problem({ path: '--endpoint', must: 'the address of an AWS endpoint', got: endpoint, remedy }),
    );
  }
  return { endpoint, region: region ?? (await usualRegion()) };
}

/** The stack that is up in this folder is meant when it is the environment's and no other place is named. */
export function placeOf(environment: string, { endpoint, region }: AwsPlace, paths: RunPaths): AwsPlace {
  if (endpoint !== undefined || region !== undefined) {
    return { endpoint, region };
  }
  const up = findStanding(paths);
  return up?.environment === environment ? { endpoint: up.facts.endpoint, region: up.facts.region } : {};
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
  const client = new SSMClient({});
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
