import * as glue from 'aws-cdk-lib/aws-glue';
import * as iam from 'aws-cdk-lib/aws-iam';
import { RemovalPolicy, Resource } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type DataContract, recordSchema } from '../contracts';
import { granted } from '../foundation';
import type { IKafkaSchemaRegistry } from './kafka-schema-registry';

/** Properties of a KafkaSchema. */
export interface KafkaSchemaProps {
  /** The registry that keeps it. Another registry replaces the schema. */
  readonly registry: IKafkaSchemaRegistry;

  /** The name, by which AWS's serializers look for it: that of the topic. Another name replaces the schema. */
  readonly schemaName: string;

  /** The contract of the dataset whose records it describes. */
  readonly contract: DataContract;

  /**
   * What happens to the schema when it leaves the stack. Its versions are always kept as long as it is: records that were
   * written with one refer to it.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** Permissions on a schema. */
export class KafkaSchemaGrants {
  /** The grants of a schema. */
  public static fromKafkaSchema(schema: KafkaSchema): KafkaSchemaGrants {
    return new KafkaSchemaGrants(schema);
  }

  private constructor(private readonly schema: KafkaSchema) {}

  /**
   * Lets the grantee read the schema and its versions, as serializers and deserializers do.
   *
   * @param grantee who may
   */
  public read(grantee: iam.IGrantable): iam.Grant {
    const { registry, schemaArn } = this.schema;
    const actions = ['glue:GetSchema', 'glue:GetSchemaByDefinition', 'glue:GetSchemaVersion'];
    const resourceArns = [registry.registryArn, schemaArn];
    return granted(this.schema, grantee, [iam.Grant.addToPrincipal({ grantee, actions, resourceArns })]);
  }
}

/**
 * The schema of a topic's records in a registry: JSON Schema, made from the contract.
 *
 * A changed contract registers another version, and the deployment fails when the registry finds that consumers of the new
 * version could not read records of the one before (`BACKWARD`): a column may come as long as it may be empty, and a column may go.
 *
 * @resource AWS::Glue::Schema
 * @stateful
 * @see https://docs.aws.amazon.com/glue/latest/dg/schema-registry.html#schema-registry-compatibility
 */
export class KafkaSchema extends Resource {
  /** The registry that keeps it. */
  public readonly registry: IKafkaSchemaRegistry;

  /**
   * The ARN of the schema.
   *
   * @attribute
   */
  public readonly schemaArn: string;

  /**
   * The identifier of the version that the contract stands for.
   *
   * @attribute
   */
  public readonly schemaVersionId: string;

  /** Permissions on the schema. */
  public readonly grants: KafkaSchemaGrants;

  constructor(scope: Construct, id: string, props: KafkaSchemaProps) {
    super(scope, id);
    this.registry = props.registry;
    const schema = new glue.CfnSchema(this, 'Resource', {
      registry: { arn: this.registry.registryArn },
      name: props.schemaName,
      dataFormat: 'JSON',
      compatibility: 'BACKWARD',
    });
    schema.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    this.schemaArn = schema.attrArn;
    // A definition in the schema itself could never change: CloudFormation would replace the schema, whose name is taken.
    const version = new glue.CfnSchemaVersion(this, 'Version', {
      schema: { schemaArn: this.schemaArn },
      schemaDefinition: JSON.stringify(recordSchema(props.contract)),
    });
    version.applyRemovalPolicy(RemovalPolicy.RETAIN);
    this.schemaVersionId = version.attrVersionId;
    this.grants = KafkaSchemaGrants.fromKafkaSchema(this);
  }
}
