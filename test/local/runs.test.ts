import { explainDeployError, explainSynthError, failedResources } from '../../local/deploy';
import { failureText, newRunId, withLocalLog } from '../../local/pipeline';
import { plannedRuns, unexpectedChanges } from '../../local/runs';
import { Progress } from '../../local/progress';
import { awsEnvironment } from '../../local/services/emulator';
import { CommandError } from '../../local/toolchain/command';
import type { RunRecord } from '../../local/records';

describe('plannedRuns', () => {
  it('loads each month as known at its end and then finds nothing new', () => {
    expect(plannedRuns(2)).toEqual([
      { title: 'January 2013', until: '2013-02-01T00:00:00Z' },
      { title: 'February 2013', until: '2013-03-01T00:00:00Z' },
      { title: 'nothing new', until: undefined },
    ]);
  });

  it('ends the year at its end', () => {
    expect(plannedRuns(12).at(-2)).toEqual({ title: 'December 2013', until: '2014-01-01T00:00:00Z' });
  });
});

describe('unexpectedChanges', () => {
  const still = { dataset: 'flights', state: 'unchanged', rowsInserted: 0, rowsUpdated: 0 } as RunRecord;
  const none = { bronze: null, silver: null, dlq: null };

  it('finds nothing in a run that kept still', () => {
    expect(unexpectedChanges([{ ...still, snapshots: none }])).toEqual([]);
  });

  it('finds a snapshot that should not be there', () => {
    expect(unexpectedChanges([{ ...still, snapshots: { ...none, bronze: '1' } }])).toEqual([
      'flights is unchanged, 0 inserted, 0 updated',
    ]);
  });
});

describe('failedResources', () => {
  const output = [
    'Lakehouse-dev |  3/64 | 10:31:02 AM | CREATE_COMPLETE      | AWS::S3::Bucket | Storage/Landing (StorageLanding1)',
    'Lakehouse-dev |  4/64 | 10:31:03 AM | CREATE_FAILED        | AWS::KMS::Key | Key/Key (Key2) Resource handler returned: no such policy',
    'Lakehouse-dev |  4/64 | 10:31:03 AM | CREATE_FAILED        | AWS::SNS::Topic | Alerts (A) Resource creation cancelled',
  ];

  it('names what failed by itself, with the reason', () => {
    expect(failedResources(output)).toEqual(['AWS::KMS::Key Key/Key (Key2) Resource handler returned: no such policy']);
  });

  it('is put before everything else of a failed deployment', () => {
    const error = explainDeployError(
      new CommandError('cdk deploy', { reason: 'ended with exit code 1', exitCode: 1 }, output),
    );
    expect(String(error)).toMatch(/1 resource could not be deployed:\n {2}- AWS::KMS::Key Key\/Key/);
  });
});

describe('explainSynthError', () => {
  const exited = 'node --import tsx bin/app.ts: Subprocess exited with error 1';

  it('says what the app found and nothing else', () => {
    const problems = [
      "2 problems in schema lock 'x':",
      "  - a:1:1: 'b' must be c, got 1; do d",
      "  - 'e' must be f, got 2; do g",
    ];
    const error = explainSynthError(
      new CommandError('cdk synth', { reason: 'ended with exit code 1', exitCode: 1 }, [...problems, '', exited]),
    );
    expect(String(error)).toBe(`LakehouseError: ${problems.join('\n')}`);
  });

  it('keeps everything of an error nobody foresaw', () => {
    const error = new CommandError('cdk synth', { reason: 'ended with exit code 1', exitCode: 1 }, [
      'TypeError: no',
      '    at main (x.ts:1:1)',
      exited,
    ]);
    expect(explainSynthError(error)).toBe(error);
  });
});

describe('failureText', () => {
  it("shows a step's failure details and where its log is", () => {
    const FailureDetails = {
      Reason: 'Application failed',
      Message: "column 'dest' is missing",
      LogFile: 's3://logs/stderr.gz',
    };
    const step = { Name: 'ingest', Status: { FailureDetails } };
    expect(failureText(step, 'FAILED')).toBe(
      "step 'ingest' ended FAILED: column 'dest' is missing\n  log: s3://logs/stderr.gz",
    );
  });
});

describe('withLocalLog', () => {
  it("names the job's log where it still is when the endpoint has ended", () => {
    const step = { Id: 's-1', Name: 'ingest', Status: { FailureDetails: { Message: 'no', LogFile: 's3://gone' } } };
    expect(failureText(withLocalLog(step, '/run/steps', 'j-1'), 'FAILED')).toBe(
      "step 'ingest' ended FAILED: no\n  log: /run/steps/j-1/s-1/stdout",
    );
    expect(withLocalLog(step, undefined, 'j-1')).toBe(step);
  });
});

describe('failureText of a run', () => {
  it('names the datasets that failed and why', () => {
    const failed = {
      dataset: 'flights',
      error: { kind: 'terminal', message: "column 'dest' is missing" },
    } as RunRecord;
    const fine = { dataset: 'planes', error: null } as RunRecord;
    expect(failureText({ Name: 'ingest' }, 'FAILED', [failed, fine])).toBe(
      "step 'ingest' ended FAILED: no reason given\n  - flights (terminal): column 'dest' is missing",
    );
  });
});

describe('newRunId', () => {
  it('sorts by time', () => {
    expect(newRunId(new Date('2013-02-01T00:00:00.123Z'))).toMatch(/^20130201T000000Z-[0-9a-f]{6}$/);
  });
});

describe('awsEnvironment', () => {
  it("hides the user's own AWS settings, so that no real account can be reached", () => {
    const env = awsEnvironment('http://127.0.0.1:1', 'us-east-1', {
      AWS_PROFILE: 'prod',
      AWS_SESSION_TOKEN: 'secret',
      PATH: '/bin',
    });
    expect(env.AWS_PROFILE).toBeUndefined();
    expect(env.AWS_SESSION_TOKEN).toBeUndefined();
    expect(env).toMatchObject({ PATH: '/bin', AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'test' });
  });
});

describe('Progress', () => {
  it('writes plain lines where there is no terminal', async () => {
    const lines: string[] = [];
    const progress = new Progress({ write: (text: string) => lines.push(text) });
    await progress.step('cdk deploy', async (report) => report('64 of 64 resources'));
    expect(lines[0]).toMatch(/^ 0:00 {2}· cdk deploy …\n$/);
    expect(lines[1]).toMatch(/^ 0:0\d {2}✓ cdk deploy: 64 of 64 resources \(\d\.\d s\)\n$/);
  });

  it('marks a step that fails and passes its error on', async () => {
    const lines: string[] = [];
    const progress = new Progress({ write: (text: string) => lines.push(text) });
    const failing = progress.step('cdk deploy', () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(lines[1]).toContain('✗ cdk deploy');
  });
});
