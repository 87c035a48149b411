import * as logs from 'aws-cdk-lib/aws-logs';
import { Stack } from 'aws-cdk-lib/core';
import { SavedLogQueries, type SavedLogQueriesProps } from '../../lib/observability';
import { machineIn, waysFrom } from '../processing/ground';
import { resourcesIn, testStack } from '../support/stacks';
import { Watched } from './watched';

interface Query {
  readonly Name: string;
  readonly QueryString: string;
  readonly LogGroupNames: unknown[];
}

function group(stack: Stack, name = 'Flow'): logs.ILogGroup {
  return logs.LogGroup.fromLogGroupName(stack, name, `lake/${name}`);
}

function queriesOf(make: (stack: Stack) => SavedLogQueriesProps): Query[] {
  const stack = testStack();
  new SavedLogQueries(stack, 'Queries', make(stack));
  return Object.values(resourcesIn<Query>(stack, 'AWS::Logs::QueryDefinition')).map(({ Properties }) => Properties);
}

function badQueries(): Query[] {
  return queriesOf((stack) => {
    const own = { name: 'rejected traffic', query: '', logGroups: [group(stack, 'Own')] };
    const empty = { name: '!', query: 'x'.repeat(10_001), logGroups: [] };
    return { flowLogs: [group(stack)], queries: [own, empty] };
  });
}

describe('SavedLogQueries', () => {
  test.each<[keyof SavedLogQueriesProps, string[], RegExp]>([
    ['flowLogs', ['rejected traffic', 'largest flows'], /action = "REJECT"/],
    ['brokerLogs', ['broker errors', 'replicas leaving and coming back'], /ERROR\|FATAL/],
    ['stateMachineLogs', ['restarts of jobs', 'why executions failed'], /WaitStateEntered/],
    ['airflowLogs', ['airflow failures'], /Traceback/],
  ])('search the %s that are given, and no others', (prop, names, text) => {
    const queries = queriesOf((stack) => ({ [prop]: [group(stack)] }));
    expect(queries.map(({ Name }) => Name)).toEqual(names.map((name) => `Test/${name}`));
    expect(queries[0]?.QueryString).toMatch(text);
    for (const { LogGroupNames, QueryString } of queries) {
      expect(LogGroupNames).toEqual(['lake/Flow']);
      // one command a line, joined by pipes
      expect(
        QueryString.split('\n')
          .slice(1)
          .every((line) => line.startsWith('| ')),
      ).toBe(true);
    }
  });

  test('count a restart of a job where its supervisor has one left', () => {
    const watched = new Watched();
    watched.asked(watched.streamingJob());
    const { States } = machineIn(watched.stack);
    const [query] = queriesOf((stack) => ({ stateMachineLogs: [group(stack)] }));
    const [, type, name = ''] =
      /type = "(\w+)StateEntered" and details\.name = "(\w+)"/.exec(query?.QueryString ?? '') ?? [];
    expect(type).toBe(States[name]?.Type);
    const tells = States.AreRestartsLeft?.Choices?.map(({ Next }) => Next) ?? [];
    expect(tells.flatMap((tell) => waysFrom(States[tell] ?? { Type: 'Missing' }))).toEqual([name, name]);
    const others = Object.entries(States).filter(
      ([other, state]) => !tells.includes(other) && waysFrom(state).includes(name),
    );
    expect(others).toEqual([]);
  });

  test('are none where there are no log groups', () => {
    expect(queriesOf(() => ({}))).toEqual([]);
    expect(queriesOf(() => ({ flowLogs: [] }))).toEqual([]);
  });

  test('take queries of your own, in a folder of your own', () => {
    const queries = queriesOf((stack) => ({
      queries: [{ name: 'slow jobs', query: 'limit 1', logGroups: [group(stack), group(stack, 'Jobs')] }],
      folder: 'lake/prod',
    }));
    expect(queries).toEqual([
      { Name: 'lake/prod/slow jobs', QueryString: 'limit 1', LogGroupNames: ['lake/Flow', 'lake/Jobs'] },
    ]);
  });

  test('fail with all problems at once', () => {
    for (const text of [
      '\'queries\' must be names that no other query has, got "rejected traffic"; rename it',
      '\'queries.query\' must be 1 to 10000 characters, got "0 characters"; shorten it',
      '\'queries.name\' must be words of at most 127 characters, got "!"',
      '\'queries.query\' must be 1 to 10000 characters, got "10001 characters"; shorten it',
      "'queries.logGroups' must be 1 to 50 log groups, got 0; split the query, or leave it out",
    ]) {
      expect(badQueries).toThrow(text);
    }
  });
});
