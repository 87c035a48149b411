import * as fs from 'node:fs';
import * as path from 'node:path';
import { type App, CfnElement, Stack } from 'aws-cdk-lib/core';
import { Templates } from '../../lib/compliance/template';
import { dig, isJson, listOf, textOf, textsOf } from '../../lib/compliance/values';
import { templateFiles } from '../support/subjects';

/** A statement of a policy, and where it is. */
export interface Statement {
  /** The template and the logical id, for messages. */
  readonly where: string;
  /** The path of the resource's construct. */
  readonly construct: string;
  /** The type of the resource. */
  readonly type: string;
  /** Whether it says what a role, user or group may do; else it is about a resource, or about who may take a role. */
  readonly isIdentity: boolean;
  readonly allows: boolean;
  /** As the template has them. */
  readonly actions: string[];
  readonly resources: unknown[];
  /** With every reference that can be followed replaced by what it refers to. */
  readonly arns: string[];
  readonly conditions: { readonly [operator: string]: { readonly [key: string]: unknown } };
}

const IDENTITIES = new Set([
  'AWS::IAM::Role',
  'AWS::IAM::User',
  'AWS::IAM::Group',
  'AWS::IAM::Policy',
  'AWS::IAM::ManagedPolicy',
]);

/** Every statement of every policy in the templates of an app, wherever in a resource it is. */
export function statementsOf(app: App): Statement[] {
  const paths = constructPaths(app);
  const sources = templateFiles(app).map((file) => ({ file, body: JSON.parse(fs.readFileSync(file, 'utf8')) }));
  return new Templates(sources).all.flatMap(({ file, resources }) =>
    resources.flatMap(({ id, type, body, template }) =>
      documentsBelow(body.Properties).flatMap(({ key, document }) =>
        listOf(document.Statement).map((statement) => {
          const { Action, NotAction, Resource, NotResource, Condition } = isJson(statement) ? statement : {};
          return {
            where: `${path.basename(file)} ${id} ${textOf(dig(statement, 'Sid')) ?? ''}`.trim(),
            construct: paths.get(`${path.basename(file)} ${id}`) ?? '',
            type,
            isIdentity: IDENTITIES.has(type) && key !== 'AssumeRolePolicyDocument',
            allows: dig(statement, 'Effect') === 'Allow',
            actions: [...listOf(Action), ...listOf(NotAction)].map(String),
            resources: [...listOf(Resource), ...listOf(NotResource)],
            arns: [...listOf(Resource), ...listOf(NotResource)].map((arn) => String(template.plain(arn))),
            conditions: (isJson(Condition) ? Condition : {}) as Statement['conditions'],
          };
        }),
      ),
    ),
  );
}

interface Found {
  readonly key: string;
  readonly document: { readonly [name: string]: unknown };
}

function documentsBelow(value: unknown, key = ''): Found[] {
  if (Array.isArray(value)) {
    return value.flatMap((item) => documentsBelow(item, key));
  }
  if (!isJson(value)) {
    return [];
  }
  const isDocument = listOf(value.Statement).some((statement) => dig(statement, 'Effect') !== undefined);
  return isDocument
    ? [{ key, document: value }]
    : Object.entries(value).flatMap(([name, member]) => documentsBelow(member, name));
}

function constructPaths(app: App): Map<string, string> {
  return new Map(
    app.node
      .findAll()
      .filter((construct) => CfnElement.isCfnElement(construct))
      .map((element) => {
        const stack = Stack.of(element);
        const id: unknown = stack.resolve(element.logicalId);
        return [`${stack.templateFile} ${String(id)}`, element.node.path] as const;
      }),
  );
}

/** A resource in cdk-nag's spelling: `Ref` as `<Id>`, `Fn::GetAtt` as `<Id.Attribute>`, joins joined. */
export function spelled(value: unknown): string {
  if (typeof value === 'string') {
    return value.replaceAll(/\$\{([^}]*)\}/g, '<$1>');
  }
  const join = dig(value, 'Fn::Join');
  if (Array.isArray(join)) {
    const [delimiter, parts]: unknown[] = join;
    return listOf(parts).map(spelled).join(String(delimiter));
  }
  const attribute = dig(value, 'Fn::GetAtt');
  const reference = textOf(dig(value, 'Ref')) ?? (attribute === undefined ? undefined : textsOf(attribute).join('.'));
  const text = dig(value, 'Fn::ImportValue') ?? dig(value, 'Fn::Sub');
  return reference === undefined ? spelled(text ?? JSON.stringify(value)) : `<${reference}>`;
}
