import { allowStatements } from '../policies';
import { eachResource, type Rule } from '../rule';
import { type Json, dig, listOf, textsOf } from '../values';

/** The properties with policies; those of keys are not meant, because a key's account may always do everything with it. */
const POLICIES: { readonly [type: string]: string[] } = {
  'AWS::IAM::Group': ['Policies'],
  'AWS::IAM::ManagedPolicy': ['PolicyDocument'],
  'AWS::IAM::Policy': ['PolicyDocument'],
  'AWS::IAM::Role': ['Policies', 'AssumeRolePolicyDocument'],
  'AWS::IAM::User': ['Policies'],
  'AWS::S3::BucketPolicy': ['PolicyDocument'],
  'AWS::SNS::TopicPolicy': ['PolicyDocument'],
  'AWS::SQS::QueuePolicy': ['PolicyDocument'],
};

/** A new feature of the service is allowed the day it appears. */
export const wholeServiceAction: Rule = {
  id: 'whole-service-action',
  severity: 'error',
  wrong: 'A policy allows every action of a service, or every action there is.',
  remedy: 'Name the actions.',
  source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html',
  places: eachResource(Object.keys(POLICIES), ({ type, properties }) =>
    (POLICIES[type] ?? []).filter((property) => documents(properties, property).some(allowsAll)),
  ),
};

function documents(properties: Json, property: string): unknown[] {
  const value = properties[property];
  return property === 'Policies' ? listOf(value).map((policy) => dig(policy, 'PolicyDocument')) : [value];
}

function allowsAll(document: unknown): boolean {
  return allowStatements(document)
    .flatMap((statement) => textsOf(dig(statement, 'Action')))
    .some((action) => /^(?:[\w-]+:)?\*+$/.test(action));
}
