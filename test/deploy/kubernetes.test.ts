import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../local/toolchain/command';
import { root } from '../../local/paths';
import { sparkDefaultsOf } from '../../lib/processing/cluster-configuration';
import { temporaryDirectory } from '../support/temporary';
import { KUBERNETES, forbidden, kustomization, manifestFiles, pods, said, valuesAt } from './manifests';

const MINUTE = 60_000;
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** A file of that name with that content. */
function fileOf(name: string, content: string): string {
  const file = join(temporaryDirectory(), name);
  writeFileSync(file, content);
  return file;
}

describe('the manifests', () => {
  test(
    "are what Kubernetes' schemas allow",
    async () => {
      const files = manifestFiles.map((file) => join(KUBERNETES, file));
      expect(await forbidden(...files)).toEqual([]);
    },
    // the linters are installed when nobody has asked for them before
    10 * MINUTE,
  );

  test.each([
    ['a field that there is not', 'ingest.yaml', 'backoffLimit: 3', 'backofLimit: 3', /'backofLimit' was unexpected/],
    ['a value of another type', 'stream.yaml', 'replicas: 1', 'replicas: one', /'one' is not of type/],
    [
      'a kind that there is not',
      'access.yaml',
      'kind: RoleBinding',
      'kind: RoleBindings',
      /find schema for kind RoleBindings/,
    ],
  ])('are refused with %s, so the check is really on', async (_, file, before, after, message) => {
    const content = read(`deploy/kubernetes/${file}`).replace(before, after);
    expect((await forbidden(fileOf(file, content))).join('\n')).toMatch(message);
  });

  test('are all in the kustomization, with every contract of silver', () => {
    const generated = kustomization.configMapGenerator.flatMap(({ files }) => files);
    const contracts = readdirSync(join(root, 'contracts/silver')).map((name) => `../../contracts/silver/${name}`);
    expect(generated.filter((file) => file.startsWith('../'))).toEqual(contracts.toSorted());
    expect([...kustomization.resources, ...generated]).toEqual(expect.arrayContaining(manifestFiles));
    expect(generated.filter((file) => !existsSync(join(KUBERNETES, file)))).toEqual([]);
  });

  test("give executors the image of their driver, by Kustomize's paths", () => {
    const [{ source, targets } = { source: { kind: '', fieldPath: '' }, targets: [] }] = kustomization.replacements;
    expect(valuesAt(source, source.fieldPath)).toEqual(['lakehouse-jobs']);
    const replaced = targets.flatMap(({ select, fieldPaths }) => fieldPaths.flatMap((path) => valuesAt(select, path)));
    expect(replaced).toEqual(
      pods()
        .filter(([file]) => file !== 'executor.yaml')
        .map(() => 'lakehouse-jobs'),
    );
  });

  test('refer to config maps and volumes there are', () => {
    const maps = kustomization.configMapGenerator.map(({ name }) => name);
    for (const [, { containers, volumes }] of pods()) {
      const wanted = containers.flatMap(({ envFrom }) => envFrom.map(({ configMapRef }) => configMapRef.name));
      expect(maps).toEqual(
        expect.arrayContaining([...wanted, ...volumes.flatMap(({ configMap }) => configMap?.name ?? [])]),
      );
      const mounted = containers.flatMap(({ volumeMounts }) => volumeMounts.map(({ name }) => name));
      expect(volumes.map(({ name }) => name)).toEqual(expect.arrayContaining(mounted));
    }
  });

  test('ask for nothing that the standard "restricted" forbids, and not for the root file system', () => {
    expect(
      pods()
        .map(([file]) => file)
        .toSorted(),
    ).toEqual(['executor.yaml', 'ingest.yaml', 'stream.yaml']);
    for (const [, { containers, securityContext }] of pods()) {
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      const safe = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };
      expect(containers.map((container) => container.securityContext)).toEqual(containers.map(() => safe));
    }
  });

  test('run drivers within memory, as the account that may make executors', () => {
    const drivers = pods().filter(([file]) => file !== 'executor.yaml');
    expect(drivers.map(([, { serviceAccountName }]) => serviceAccountName)).toEqual([
      'lakehouse-spark',
      'lakehouse-spark',
    ]);
    expect(
      drivers.flatMap(([, { containers }]) => containers.map(({ resources }) => resources?.limits.memory)),
    ).toEqual(['3Gi', '3Gi']);
  });
});

test("spark-defaults.conf says what the clusters' configuration says", () => {
  const lines = read('deploy/kubernetes/spark-defaults.conf').split('\n');
  const given = Object.fromEntries(lines.filter((line) => line.startsWith('spark')).map((line) => line.split(/\s+/)));
  const { 'spark.sql.catalog.glue_catalog.warehouse': _, ...expected } = sparkDefaultsOf({
    warehouse: '',
    sparkDefaults: {},
  });
  expect(given).toMatchObject(expected);
});

/** What a driver's pod gives to spark-submit. */
async function submit(env: Record<string, string>, ...args: string[]): Promise<string[]> {
  const bin = temporaryDirectory();
  writeFileSync(join(bin, 'spark-submit'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
  const pod = { POD_IP: '10.0.0.7', POD_NAME: 'pod', POD_NAMESPACE: 'lakehouse', SPARK_IMAGE: 'image' };
  const lake = { ENVIRONMENT: 'prod', AWS_REGION: 'us-east-1', ARTIFACTS_BUCKET: 'artifacts' };
  const { stdout } = await run(join(KUBERNETES, 'submit.sh'), args, {
    name: 'submit.sh',
    env: { PATH: `${bin}:${process.env.PATH}`, ...pod, ...lake, ...env },
    timeoutMs: MINUTE,
  });
  return stdout.trimEnd().split('\n');
}

describe('submit.sh', () => {
  const cli = read('workloads/jobs/lakehouse_jobs/cli.py');

  test('names the run by its Job, the same at each attempt, in the form that jobs accept', async () => {
    const args = await submit({ JOB_NAME: 'ingest-29401627' }, 'ingest', '--source', 'nycflights');
    const id = args[args.indexOf('--run-id') + 1] ?? '';
    const [, form = ''] = /_RUN_ID = re\.compile\(r"(.+?)"\)/.exec(cli) ?? [];
    expect(id).toMatch(new RegExp(form));
    expect(id).toBe('20251125T190700Z-1c0a21b');
    expect(args[args.indexOf('--correlation-id') + 1]).toBe('ingest-29401627');
  });

  test('leaves the naming of runs to a stream, and gives jobs only options they have', async () => {
    const [, stream] = pods().find(([file]) => file === 'stream.yaml') ?? [];
    const args = await submit({}, ...(stream?.containers[0]?.args ?? []));
    const job = args.slice(args.indexOf('/opt/lakehouse/jobs/main.py') + 1);
    expect(job).not.toContain('--run-id');
    const unknown = job.filter((arg) => arg.startsWith('--') && !cli.includes(`add_argument("${arg}"`));
    expect(unknown).toEqual([]);
  });
});

describe('the Dockerfile', () => {
  const text = read('deploy/kubernetes/Dockerfile');

  test('leaves the linter nothing to say', async () => {
    const unpinned = text.replace('apache/spark:3.5.6', 'apache/spark');
    expect(await said('hadolint', fileOf('Dockerfile', text))).toEqual([]);
    expect((await said('hadolint', fileOf('Dockerfile', unpinned))).join('\n')).toMatch(/DL3006/);
  });

  test('copies files there are, the locks of all jars that a cluster and its jobs have among them', () => {
    const copied = [...text.matchAll(/^COPY (?!--from)(?:--chmod=\d+ )?(.+) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    );
    expect(copied.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    const locks = ['local/jars/emr-7.14.0.lock.json', 'workloads/jars.lock.json', 'workloads/stream-jars.lock.json'];
    expect(copied).toEqual(expect.arrayContaining(locks));
  });

  test('has the Spark and the user that the environments and the manifests have', () => {
    const [, version = ''] = /FROM apache\/spark:(\S+)/.exec(text) ?? [];
    expect(read('local/python/spark.in')).toContain(`pyspark==${version}\n`);
    expect(text).toContain('\nUSER 185\n');
  });
});
