import {
  DescribeStacksCommand,
  GetTemplateCommand,
  type Stack,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { z } from 'zod';
import { LakehouseError, problem } from '../../lib/private/errors';
import type { Template } from '../../lib/testing/template-file';
import { parseJson } from '../json';
import { collected } from '../aws';
import type { Aws } from './aws';
import { type DeployedStack, nestedName, sourcesOf } from './stack-templates';

const NESTED = 'AWS::CloudFormation::Stack';

/** A stack of which nothing is there yet, or nothing any more. */
const NOT_THERE = new Set(['REVIEW_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'DELETE_COMPLETE']);

/** As far as it is read: other templates than JSON are not CDK's. */
const templateShape = z.looseObject({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string() })),
});

/**
 * A stack as CloudFormation has it, with those nested in it; undefined when it is not deployed.
 *
 * @throws LakehouseError when a deployment is under way: what it changes is neither as it was nor as it will be
 */
export async function deployedStack(aws: Aws, name: string): Promise<DeployedStack | undefined> {
  const status = await statusOf(aws, name);
  if (status === undefined || NOT_THERE.has(status)) {
    return undefined;
  }
  if (status.endsWith('_IN_PROGRESS')) {
    const remedy = 'wait for the end of its deployment';
    throw new LakehouseError(problem({ path: `stack ${name}`, must: 'at rest', got: status, remedy }));
  }
  const physicalIds = new Map<string, string>();
  return { name, physicalIds, sources: sourcesOf(name, await read(aws, { name, id: name }, physicalIds)) };
}

async function statusOf(aws: Aws, name: string): Promise<string | undefined> {
  const call = { action: 'cloudformation:DescribeStacks', resource: `stack '${name}'` };
  const send = async (): Promise<Stack[]> =>
    (await aws.cloudformation.send(new DescribeStacksCommand({ StackName: name }))).Stacks ?? [];
  const [stack] = await aws.call(call, send, noneIfMissing);
  return stack?.StackStatus;
}

function noneIfMissing(_: string, message: string): Stack[] | undefined {
  return message.includes('does not exist') ? [] : undefined;
}

/** The template of a stack, with those of its nested stacks in it; notes what resources are called. */
async function read(
  aws: Aws,
  { name, id }: { readonly name: string; readonly id: string },
  physicalIds: Map<string, string>,
): Promise<Template> {
  const template = await templateOf(aws, name, id);
  for (const { LogicalResourceId: logical = '', PhysicalResourceId: physical = '', ResourceType } of await resourcesOf(
    aws,
    { name, id },
  )) {
    physicalIds.set(`${name}#${logical}`, physical);
    const resource = template.Resources?.[logical];
    if (ResourceType === NESTED && resource !== undefined && physical !== '') {
      resource.NestedTemplate = await read(aws, { name: nestedName(name, logical), id: physical }, physicalIds);
    }
  }
  return template;
}

async function templateOf(aws: Aws, name: string, id: string): Promise<Template> {
  const { TemplateBody = '' } = await aws.call(
    { action: 'cloudformation:GetTemplate', resource: `stack '${name}'` },
    () => aws.cloudformation.send(new GetTemplateCommand({ StackName: id })),
  );
  parseJson(TemplateBody, templateShape, `the deployed template of stack '${name}'`);
  const template: Template = JSON.parse(TemplateBody);
  return template;
}

function resourcesOf(aws: Aws, { name, id }: { readonly name: string; readonly id: string }) {
  const call = { action: 'cloudformation:ListStackResources', resource: `stack '${name}'` };
  const pages = paginateListStackResources({ client: aws.cloudformation }, { StackName: id });
  return aws.call(call, () => collected(pages, ({ StackResourceSummaries }) => StackResourceSummaries));
}
