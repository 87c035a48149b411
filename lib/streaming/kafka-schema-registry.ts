import * as glue from 'aws-cdk-lib/aws-glue';
import { Fn, type IResource, Names, RemovalPolicy, Resource, Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { onceInRegion, referenceProblems } from '../foundation';
import { fail, failAll, problem } from '../private';

/** The longest name of a registry. */
const NAME_LIMIT = 255;

/** Where the schemas of records are kept. */
export interface IKafkaSchemaRegistry extends IResource {
  /**
   * The ARN of the registry.
   *
   * @attribute
   */
  readonly registryArn: string;

  /**
   * The name of the registry.
   *
   * @attribute
   */
  readonly registryName: string;
}

/** Properties of a KafkaSchemaRegistry. */
export interface KafkaSchemaRegistryProps {
  /**
   * The name, 1 to 255 letters, digits, dots, hyphens, underscores, dollar and number signs. Another name replaces the registry.
   *
   * @default - from the construct's path
   */
  readonly registryName?: string;

  /**
   * What happens to the registry, and every schema in it, when it leaves the stack.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

class ImportedKafkaSchemaRegistry extends Resource implements IKafkaSchemaRegistry {
  public readonly registryName: string;

  constructor(
    scope: Construct,
    id: string,
    public readonly registryArn: string,
  ) {
    super(scope, id);
    const problems = referenceProblems({
      path: 'registryArn',
      must: 'the ARN of a schema registry, arn:…:registry/<name>',
      got: registryArn,
      form: /^arn:[^:]+:glue:[^:]+:[^:]+:registry\/[^/]+$/,
      remedy: 'take it from `aws glue list-registries`',
    });
    failAll(`schema registry '${this.node.path}'`, problems.map(problem));
    this.registryName = Fn.select(1, Fn.split('/', registryArn));
  }
}

/**
 * A registry for the schemas of records, of AWS Glue, which producers and consumers ask what a record looks like. It costs
 * nothing.
 *
 * Fails when its name is illegal.
 *
 * @resource AWS::Glue::Registry
 * @stateful
 * @see https://docs.aws.amazon.com/glue/latest/dg/schema-registry.html
 */
export class KafkaSchemaRegistry extends Resource implements IKafkaSchemaRegistry {
  /** Refer to a registry that exists already. */
  public static fromKafkaSchemaRegistryArn(scope: Construct, id: string, registryArn: string): IKafkaSchemaRegistry {
    return new ImportedKafkaSchemaRegistry(scope, id, registryArn);
  }

  public readonly registryArn: string;
  public readonly registryName: string;

  constructor(scope: Construct, id: string, props: KafkaSchemaRegistryProps = {}) {
    super(scope, id);
    const { registryName: got } = props;
    if (got !== undefined && !Token.isUnresolved(got) && !/^[A-Za-z0-9_.$#-]{1,255}$/.test(got)) {
      const must = `1 to ${NAME_LIMIT} letters, digits, dots, hyphens, underscores, dollar and number signs`;
      fail({ path: 'registryName', must, got, remedy: 'leave it out to get one' }, this);
    }
    this.registryName = got ?? Names.uniqueResourceName(this, { maxLength: NAME_LIMIT, separator: '-' });
    for (const wrong of onceInRegion(this, { path: 'registryName', got: this.registryName })) {
      fail(wrong, this);
    }
    const resource = new glue.CfnRegistry(this, 'Resource', { name: this.registryName });
    resource.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    this.registryArn = resource.attrArn;
  }
}
