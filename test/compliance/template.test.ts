import { Templates } from '../../lib/compliance/template';

const HOME = { account: '123456789012', region: 'us-east-1' };

/** What becomes of a value in a template with a bucket. */
function plain(value: unknown): unknown {
  const body = { Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: { Value: value } } } };
  return new Templates([{ file: 'a', body, home: HOME }]).all[0]?.resources[0]?.properties.Value;
}

describe('Template', () => {
  test.each<[string, unknown, unknown]>([
    ['a literal', 'x', 'x'],
    ['a reference', { Ref: 'Bucket' }, '${a#Bucket}'],
    ['an attribute', { 'Fn::GetAtt': ['Bucket', 'Arn'] }, '${a#Bucket.Arn}'],
    ['an attribute in its short form', { 'Fn::GetAtt': 'Bucket.Arn' }, '${a#Bucket.Arn}'],
    ['the region', { Ref: 'AWS::Region' }, 'us-east-1'],
    ['another pseudo parameter', { Ref: 'AWS::Partition' }, '${AWS::Partition}'],
    ['no value', { Kept: 1, Left: { Ref: 'AWS::NoValue' } }, { Kept: 1 }],
    ['a join', { 'Fn::Join': ['/', ['s3:/', { Ref: 'Bucket' }]] }, 's3://${a#Bucket}'],
    ['a substitution', { 'Fn::Sub': '${AWS::Region}-${Bucket.Arn}-${!Kept}' }, 'us-east-1-${a#Bucket.Arn}-${Kept}'],
    ['a substitution of its own', { 'Fn::Sub': ['${X}', { X: { Ref: 'Bucket' } }] }, '${a#Bucket}'],
    ['a selection', { 'Fn::Select': [1, ['a', 'b']] }, 'b'],
    ['a selection of what is unknown', { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, '${Fn::Select}'],
    ['Base64', { 'Fn::Base64': 'x' }, 'eA=='],
    ['what only the deployment knows', { 'Fn::If': ['Prod', 1, 2] }, '${Fn::If}'],
  ])('makes %s plain', (_, value, expected) => {
    expect(plain(value)).toEqual(expected);
  });

  test('follows what goes into and comes out of nested stacks', () => {
    const nested = {
      Parameters: { Name: { Type: 'String' } },
      Resources: { Table: { Type: 'AWS::Glue::Table', Properties: { Location: { 'Fn::Sub': 's3://${Name}/a' } } } },
      Outputs: { Table: { Value: { Ref: 'Table' } } },
    };
    const around = {
      Resources: {
        Bucket: { Type: 'AWS::S3::Bucket' },
        Nested: { Type: 'AWS::CloudFormation::Stack', Properties: { Parameters: { Name: { Ref: 'Bucket' } } } },
        Optimizer: {
          Type: 'AWS::Glue::TableOptimizer',
          Properties: { TableName: { 'Fn::GetAtt': ['Nested', 'Outputs.Table'] } },
        },
      },
    };
    const templates = new Templates([
      { file: 'around', body: around },
      { file: 'nested', body: nested, nestedIn: { file: 'around', id: 'Nested' } },
    ]);
    const [table] = templates.ofType('AWS::Glue::Table');
    const [optimizer] = templates.ofType('AWS::Glue::TableOptimizer');
    expect(table?.properties).toEqual({ Location: 's3://${around#Bucket}/a' });
    expect(templates.referredBy(optimizer?.properties.TableName)).toBe(table);
  });

  test('follows exports to other stacks', () => {
    const producer = {
      Resources: { Bucket: { Type: 'AWS::S3::Bucket' } },
      Outputs: { Bucket: { Value: { Ref: 'Bucket' }, Export: { Name: 'Lake:Bucket' } } },
    };
    const consumer = {
      Resources: {
        Airflow: {
          Type: 'AWS::MWAA::Environment',
          Properties: { Known: { 'Fn::ImportValue': 'Lake:Bucket' }, Unknown: { 'Fn::ImportValue': 'Other' } },
        },
      },
    };
    const templates = new Templates([
      { file: 'producer', body: producer },
      { file: 'consumer', body: consumer },
    ]);
    const [airflow] = templates.ofType('AWS::MWAA::Environment');
    expect(airflow?.properties).toEqual({ Known: '${producer#Bucket}', Unknown: '${Fn::ImportValue}' });
  });

  test.each([undefined, [], { Resources: { A: 'x', B: { Properties: [] } } }, { Outputs: null }])(
    'takes a template that is none: %j',
    (body) => {
      const [template] = new Templates([{ file: 'a', body }]).all;
      expect(template?.resources.map(({ type, properties }) => [type, properties])).toEqual(
        body !== undefined && 'Resources' in body ? [['', {}]] : [],
      );
    },
  );
});
