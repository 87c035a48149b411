import { gzipSync } from 'node:zlib';
import { Aws } from '../../../local/plan/aws';
import { LiveCatalog } from '../../../local/plan/catalog';
import { deployedStack } from '../../../local/plan/deployed';
import { AnsweringEndpoint, refusal } from './endpoint';
import { metadataText } from './tables';

let endpoint: AnsweringEndpoint;

beforeAll(async () => {
  endpoint = await AnsweringEndpoint.start();
});

afterAll(() => endpoint.stop());

/** Does something with AWS at an address, that of the test's endpoint unless another is given. */
async function withAws<T>(use: (aws: Aws) => Promise<T>, address = endpoint.url): Promise<T> {
  const aws = await Aws.of({ endpoint: address, region: 'eu-west-1' });
  try {
    return await use(aws);
  } finally {
    aws.close();
  }
}

const listed = (aws: Aws) => LiveCatalog.of(aws, ['lake_silver']);
const iceberg = (name: string) => ({
  Name: name,
  DatabaseName: 'lake_silver',
  Parameters: { table_type: 'ICEBERG', metadata_location: `s3://lake/${name}.gz.metadata.json` },
});

describe('an error of AWS', () => {
  test('names the action and the resource that somebody may not read', async () => {
    endpoint.answering = () => refusal('AccessDeniedException', 'User: x is not authorized');
    await expect(withAws(listed)).rejects.toThrow(
      "'credentials' must be allowed glue:GetTables on database 'lake_silver', got \"AccessDeniedException: User: x is not " +
        'authorized"; ask for that permission, a plan only reads',
    );
  });

  test('says that a sign-in is over', async () => {
    endpoint.answering = () => refusal('ExpiredTokenException', 'The security token is expired');
    await expect(withAws(listed)).rejects.toThrow(
      /^'credentials' must be valid, got "ExpiredTokenException: .*"; sign in, or set AWS_PROFILE$/,
    );
  });

  test('names the call that fails for another reason', async () => {
    endpoint.answering = () => refusal('InvalidInputException', 'not like that');
    await expect(withAws(listed)).rejects.toThrow(
      "'glue:GetTables' must be answered for database 'lake_silver', got \"InvalidInputException: not like that\"; try again",
    );
  });

  test('says that nobody answers', async () => {
    await expect(withAws(listed, 'http://127.0.0.1:1')).rejects.toThrow(
      "'endpoint' must be an AWS endpoint that answers, got \"http://127.0.0.1:1\"; start it with 'npx lakehouse up --keep'",
    );
  });

  test('says that an endpoint is no address', async () => {
    await expect(withAws(listed, 'here')).rejects.toThrow("'--endpoint' must be the address of an AWS endpoint");
  });

  test('says that there is no region', async () => {
    const { AWS_REGION, AWS_DEFAULT_REGION, AWS_CONFIG_FILE } = process.env;
    delete process.env.AWS_REGION;
    delete process.env.AWS_DEFAULT_REGION;
    process.env.AWS_CONFIG_FILE = '/dev/null';
    try {
      await expect(Aws.of({})).rejects.toThrow(
        "'region' must be the name of an AWS region, got nothing; name it with --region, or set AWS_REGION",
      );
    } finally {
      restore({ AWS_REGION, AWS_DEFAULT_REGION, AWS_CONFIG_FILE });
    }
  });
});

describe('LiveCatalog', () => {
  test('has no tables in a database that is not there', async () => {
    endpoint.answering = () => refusal('EntityNotFoundException', 'Database not found');
    expect((await withAws(listed)).names()).toEqual([]);
  });

  test('lists every page', async () => {
    endpoint.answering = (_, body) =>
      body.includes('more')
        ? { body: { TableList: [iceberg('b')] } }
        : { body: { TableList: [iceberg('a')], NextToken: 'more' } };
    expect((await withAws(listed)).names().map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('is refused by name a table that Lake Formation leaves out of the list', async () => {
    endpoint.answering = (call) =>
      call === 'GetTables' ? { body: { TableList: [] } } : refusal('AccessDeniedException', 'not yours');
    const reading = withAws(async (aws) => (await listed(aws)).read([{ database: 'lake_silver', name: 'a' }]));
    await expect(reading).rejects.toThrow("'credentials' must be allowed glue:GetTable on table 'lake_silver.a'");
  });

  test('reads metadata that is compressed', async () => {
    endpoint.answering = (call) =>
      call === 'GetTables' ? { body: { TableList: [iceberg('a')] } } : { body: gzipSync(metadataText()) };
    const found = await withAws(async (aws) => (await listed(aws)).read([{ database: 'lake_silver', name: 'a' }]));
    expect(found.get('lake_silver.a')).toMatchObject({ metadata: { history: { lastId: 6 } } });
  });
});

describe('deployedStack', () => {
  test('fails while a deployment is under way', async () => {
    endpoint.answering = () => ({ body: described('UPDATE_IN_PROGRESS') });
    await expect(withAws((aws) => deployedStack(aws, 'Lake'))).rejects.toThrow(
      '\'stack Lake\' must be at rest, got "UPDATE_IN_PROGRESS"; wait for the end of its deployment',
    );
  });

  test('is nothing when the first deployment failed', async () => {
    endpoint.answering = () => ({ body: described('ROLLBACK_COMPLETE') });
    expect(await withAws((aws) => deployedStack(aws, 'Lake'))).toBeUndefined();
  });
});

/** What CloudFormation says of a stack. */
function described(status: string): string {
  const stack = `<member><StackName>Lake</StackName><StackStatus>${status}</StackStatus></member>`;
  const result = `<DescribeStacksResult><Stacks>${stack}</Stacks></DescribeStacksResult>`;
  return `<DescribeStacksResponse>${result}</DescribeStacksResponse>`;
}

function restore(variables: { readonly [name: string]: string | undefined }): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) {
      delete process.env[name];
    } else {
      process.env[name] = value;
    }
  }
}
