/**
 * Runs every test of the project, whatever its runner, and ends with one line: `N passed, N failed, N skipped`.
 *
 *   npm test                      everything that CI runs
 *   npm test -- --only unit       one suite or several (comma separated)
 *   npm run test:full             the long suites too
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureEnvironment } from '../local/toolchain/python';
import { ensureEngine, suites, type Suite } from './support/suites';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** What failed: each test's name, and what it said. */
  failures: string[];
}

interface Outcome extends Counts {
  readonly suite: string;
  readonly seconds: number;
}

const { values } = parseArgs({
  options: { only: { type: 'string' }, full: { type: 'boolean', default: false } },
});

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: string[] | null;
    }[];
  }[];
}

/** A failure's name and the first lines of what it said. */
function failure(name: string, said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return [name, ...lines.slice(0, 4).map((line) => `    ${line.slice(0, 300)}`)].join('\n');
}

/** Vitest's JSON report: tests, and a file that fails without a failed test (one that does not even load) is a failure. */
function readVitestReport(file: string): Counts {
  const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  const failed = report.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: [
      ...failed.map(({ fullName, failureMessages }) => failure(fullName, (failureMessages ?? []).join('\n'))),
      ...unloaded.map(({ name, message }) => failure(name, message)),
    ],
  };
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

const unescapeXml = (text: string): string =>
  text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (entity, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? entity;
    return String.fromCodePoint(decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal));
  });

/** pytest's JUnit report: a collection error counts as a failure. */
function readJunitReport(file: string): Counts {
  const report = readFileSync(file, 'utf8');
  const attribute = (name: string): number =>
    [...report.matchAll(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`, 'g'))].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    );
  const failed = attribute('failures') + attribute('errors');
  const skipped = attribute('skipped');
  const failures = [
    ...report.matchAll(/<testcase classname="([^"]*)" name="([^"]*)"[^>]*><(?:failure|error) message="([^"]*)"/g),
  ].map(([, module, test, said]) => failure(`${unescapeXml(module)}::${unescapeXml(test)}`, unescapeXml(said)));
  return { passed: attribute('tests') - failed - skipped, failed, skipped, failures };
}

/** Runs a suite; what it writes goes to a file, for another one writes at the same time. */
function run(suite: Suite, report: string, output: string, engine: Record<string, string>): Promise<number> {
  const [command, ...args] = suite.command(report);
  const file = openSync(output, 'w');
  const child = spawn(command, args, {
    stdio: ['inherit', file, file],
    env: { ...process.env, ...engine, ...suite.env },
    timeout: suite.timeoutMs,
  });
  return new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 1 : (code ?? 1)));
  }).finally(() => closeSync(file));
}

async function outcomeOf(suite: Suite, folder: string, engine: Record<string, string>): Promise<Outcome> {
  console.log(`── ${suite.name} begins ──`);
  const airflow = suite.airflow === undefined ? undefined : await ensureEnvironment(suite.airflow);
  const env = airflow === undefined ? engine : { ...engine, LAKEHOUSE_AIRFLOW: airflow.directory };
  const report = join(folder, `${suite.name}.${suite.report === 'vitest' ? 'json' : 'xml'}`);
  const started = Date.now();
  const output = join(folder, `${suite.name}.log`);
  const exitCode = await run(suite, report, output, env);
  console.log(`\n── ${suite.name} ──\n${readFileSync(output, 'utf8')}`);
  const counts = countsOf(suite, report, exitCode);
  // A runner that fails without a failed test (a crash, a timeout, a missing file) is a failure all the same.
  if (exitCode !== 0 && counts.failed === 0) {
    counts.failed = 1;
    counts.failures.push(`${suite.name} ended with ${exitCode} and no failed test`);
  }
  return { suite: suite.name, seconds: (Date.now() - started) / 1000, ...counts };
}

const nothingRan = (said: string): Counts => ({ passed: 0, failed: 1, skipped: 0, failures: [said] });

function countsOf(suite: Suite, report: string, exitCode: number): Counts {
  if (suite.report === 'exit-code') {
    return { passed: exitCode === 0 ? 1 : 0, failed: 0, skipped: 0, failures: [] };
  }
  if (!existsSync(report)) return nothingRan('wrote no report');
  const counts = suite.report === 'vitest' ? readVitestReport(report) : readJunitReport(report);
  // A suite that ran nothing proves nothing.
  return counts.passed + counts.failed + counts.skipped === 0 ? nothingRan('ran no test') : counts;
}

function selected(): Suite[] {
  const names = values.only?.split(',');
  const unknown = names?.filter((name) => !suites.some((suite) => suite.name === name)) ?? [];
  if (unknown.length > 0) {
    const known = suites.map((suite) => suite.name).join(', ');
    console.error(`'--only' must be a list of ${known}, got ${JSON.stringify(values.only)}; correct the name`);
    process.exit(2);
  }
  return suites.filter((suite) => (names ? names.includes(suite.name) : values.full || !suite.long));
}

/** How many suites run beside each other: as many as keep two cores busy, for much of each is waiting. */
const AT_ONCE = 3;

/** Takes suites from the queue, one after the other, until there is none. */
async function runFrom(queue: Suite[], folder: string, engine: Record<string, string>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let suite = queue.shift(); suite !== undefined; suite = queue.shift()) {
    outcomes.push(await outcomeOf(suite, folder, engine));
  }
  return outcomes;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cdk-lakehouse-test-'));
  const outcomes: Outcome[] = [];
  try {
    const chosen = selected();
    const engine = await ensureEngine(folder);
    const runners = Array.from({ length: AT_ONCE }, () => runFrom(chosen, folder, engine));
    outcomes.push(...(await Promise.all(runners)).flat());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const total = (key: 'passed' | 'failed' | 'skipped'): number =>
    outcomes.reduce((sum, outcome) => sum + outcome[key], 0);
  console.log('');
  for (const { suite, passed, failed, skipped, seconds } of outcomes) {
    const state = failed > 0 ? 'FAILED' : 'ok';
    console.log(
      `${state.padEnd(7)} ${suite.padEnd(12)} ${passed} passed, ${failed} failed, ${skipped} skipped  ${seconds.toFixed(0)} s`,
    );
  }
  // Last, for the end of a log is what is kept of it.
  for (const { suite, failures } of outcomes) {
    for (const said of failures.slice(0, 10)) console.log(`\n✗ ${suite}: ${said}`);
  }
  process.exitCode = total('failed') > 0 ? 1 : 0;
  console.log(`\n${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`);
}

void main();
