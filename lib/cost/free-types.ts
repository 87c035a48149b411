/** Why types cost nothing by themselves, or in which other line their use is. A type that is nowhere here is named. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^AWS::IAM::/, 'identities and policies are free'],
  [/^AWS::CloudFormation::(Stack|WaitCondition|WaitConditionHandle)$/, 'stacks of AWS resources are free'],
  [/^AWS::CDK::Metadata$/, 'it is nothing'],
  [/^AWS::LakeFormation::(?!DataCellsFilter)/, 'permissions and tags are free'],
  [/^AWS::Budgets::Budget$/, 'budgets are free; only actions that they take cost'],
  [/^AWS::Events::Rule$/, 'schedules and events of AWS are free'],
  [/^AWS::Athena::(WorkGroup|NamedQuery|PreparedStatement)$/, 'what queries scan is a line'],
  [/^AWS::Logs::(LogGroup|LogStream|ResourcePolicy)$/, 'what is written and kept is a line'],
  [/^AWS::Logs::QueryDefinition$/, 'what queries search is a line'],
  [/^AWS::Logs::MetricFilter$/, 'the metrics it makes are in a line'],
  [/^AWS::S3::BucketPolicy$/, 'policies are free'],
  [/^AWS::S3::Bucket$/, 'data and requests are lines'],
  [/^AWS::SSM::Parameter$/, 'standard parameters are free, an advanced one is five cents a month'],
  [/^AWS::SNS::(Topic|TopicPolicy|TopicInlinePolicy|Subscription)$/, 'messages are a line'],
  [
    /^AWS::EC2::(VPC|Subnet|Route|RouteTable|SubnetRouteTableAssociation|InternetGateway|EgressOnlyInternetGateway|VPCGatewayAttachment|SecurityGroup|SecurityGroupIngress|SecurityGroupEgress|NetworkAcl|NetworkAclEntry|SubnetNetworkAclAssociation|DHCPOptions|VPCDHCPOptionsAssociation|VPCCidrBlock)$/,
    'networks are free; gateways, addresses and endpoints are lines',
  ],
  [/^AWS::EC2::FlowLog$/, 'what it writes is in the line of logs'],
  [/^AWS::EMR::(SecurityConfiguration|Step|StepConcurrency|Studio|StudioSessionMapping)$/, 'clusters are lines'],
  [/^AWS::MSK::(Configuration|Topic|ClusterPolicy)$/, 'brokers, disks and metrics are lines'],
  [/^AWS::ApplicationAutoScaling::/, 'what it adds is in the line of what it scales'],
  [
    /^AWS::Glue::(Database|Table|Partition|Registry|Schema|SchemaVersion|DataQualityRuleset)$/,
    'the first million in the catalog are free',
  ],
  [/^AWS::KMS::Alias$/, 'keys are lines'],
  [/^AWS::CloudWatch::AnomalyDetector$/, 'alarms that read its band are lines'],
  [/^AWS::SecretsManager::(ResourcePolicy|RotationSchedule|SecretTargetAttachment)$/, 'secrets are lines'],
  [/^AWS::Lambda::(Permission|Version|Alias|LayerVersion|EventInvokeConfig)$/, 'functions are a line'],
  [/^AWS::StepFunctions::(StateMachineVersion|StateMachineAlias)$/, 'transitions are lines'],
  [
    /^Custom::(CDKBucketDeployment|S3AutoDeleteObjects|S3BucketNotifications|LogRetention|VpcRestrictDefaultSG)$/,
    "work of one of the CDK's functions, which are a line",
  ],
];

/** Why a type costs nothing by itself; undefined when that is not known. */
export function whyFree(type: string): string | undefined {
  return REASONS.find(([pattern]) => pattern.test(type))?.[1];
}
