import { AddJobFlowStepsCommand, DescribeStepCommand, ListStepsCommand } from '@aws-sdk/client-emr';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { LakehouseError, problem } from '../../lib/private/errors';
import { parseJson } from '../json';
import type { Report } from '../progress';
import type { Aws } from './aws';
import type { DeployedStream } from './deployed';
import { endedBadly } from './drain';
import { Patience } from './patience';

/** A job that reads a part of a stream again. */
export interface Rerun {
  readonly job: 'replay' | 'redrive';
  /** Sortable; the same again finishes the run that was begun with it. */
  readonly runId: string;
  /** What the job is told beside where it runs and its ids. */
  readonly args: string[];
  readonly timeoutMs: number;
}

/** What it came to, as the job recorded it. */
const resultShape = z.record(z.string(), z.union([z.number(), z.boolean()]));

export type RerunResult = z.infer<typeof resultShape>;

/** The job's record of its run, below `runs/<run id>/`. */
const RECORDS = { replay: 'replayed.json', redrive: 'redriven.json' } as const;

/**
 * Runs the job with the stream's code, beside the stream, and waits for it. A run id whose step still runs is waited for; one
 * that ended before is run again, which finishes what is missing and doubles nothing.
 *
 * @throws LakehouseError when it fails, or takes longer: then it goes on, and the same run id finds it again
 */
export async function rerun(aws: Aws, stream: DeployedStream, request: Rerun, report: Report): Promise<RerunResult> {
  const { job, runId, timeoutMs } = request;
  const { cluster: ClusterId } = stream;
  const name = `${job} ${stream.dataset} ${runId}`;
  const StepId = (await running(aws, ClusterId, name)) ?? (await submit(aws, stream, { request, name }));
  const patience = new Patience(timeoutMs, (what) => {
    const remedy = `it goes on; wait for it with --run-id ${runId}`;
    return new LakehouseError(problem({ path: name, must: 'over in that time', got: what, remedy }));
  });
  await patience.until('running', async () => {
    const { Step } = await aws.call({ action: 'elasticmapreduce:DescribeStep', resource: ClusterId }, () =>
      aws.emr.send(new DescribeStepCommand({ ClusterId, StepId })),
    );
    const { State = 'PENDING', FailureDetails: failure } = Step?.Status ?? {};
    report(`${StepId} ${State.toLowerCase()}`);
    if (['FAILED', 'CANCELLED', 'INTERRUPTED'].includes(State)) {
      const remedy = `mend what it says, and finish it with --run-id ${runId}; log: ${failure?.LogFile ?? 'none'}`;
      throw endedBadly(`'${name}'`, { state: State, reason: failure?.Message ?? failure?.Reason }, remedy);
    }
    return State === 'COMPLETED';
  });
  return resultOf(aws, stream, `runs/${runId}/${RECORDS[job]}`);
}

async function running(aws: Aws, ClusterId: string, name: string): Promise<string | undefined> {
  const command = new ListStepsCommand({ ClusterId, StepStates: ['PENDING', 'RUNNING'] });
  const call = { action: 'elasticmapreduce:ListSteps', resource: ClusterId };
  const { Steps = [] } = await aws.call(call, () => aws.emr.send(command));
  return Steps.find(({ Name }) => Name === name)?.Id;
}

async function submit(
  aws: Aws,
  { args, cluster, dataset, environment }: DeployedStream,
  { request, name }: { readonly request: Rerun; readonly name: string },
): Promise<string> {
  const { job, runId } = request;
  // up to the command, which is what the stream's own arguments begin with
  const application = args.slice(0, args.indexOf('stream'));
  const ids = ['--environment', environment, '--run-id', runId, '--correlation-id', runId];
  const step = {
    Name: name,
    ActionOnFailure: 'CONTINUE' as const,
    HadoopJarStep: {
      Jar: 'command-runner.jar',
      Args: [...application, job, ...ids, '--dataset', dataset, ...request.args],
    },
  };
  const { StepIds } = await aws.call({ action: 'elasticmapreduce:AddJobFlowSteps', resource: cluster }, () =>
    aws.emr.send(new AddJobFlowStepsCommand({ JobFlowId: cluster, Steps: [step] })),
  );
  return StepIds?.[0] ?? '';
}

async function resultOf(aws: Aws, { bucket: Bucket }: DeployedStream, Key: string): Promise<RerunResult> {
  const place = `s3://${Bucket}/${Key}`;
  const text = await aws.call({ action: 's3:GetObject', resource: place }, async () => {
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key }));
    return (await Body?.transformToString()) ?? '';
  });
  return parseJson(text, resultShape, `'${place}'`);
}
