import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { LakehouseConfig } from '../lib/config';
import { LakehouseError, problem } from '../lib/private/errors';
import { root, type RunPaths } from './paths';
import type { Pipeline, RunRequest, Runtime } from './pipeline';
import type { Report } from './progress';
import { type RunRecord, taskFact, type TaskFact } from './records';
import { checkQuality } from './quality';
import { Driver } from './services/driver';
import { transform } from './transform';
import type { PythonEnvironment } from './toolchain/python';

/** What runs the pipeline; `none` adds its steps to the cluster without one. */
export const ORCHESTRATORS = ['airflow', 'prefect', 'none'] as const;

export type OrchestratorName = (typeof ORCHESTRATORS)[number];

/** The DAG, or flow, of the batch path. */
const BATCH = 'lakehouse_batch';

/** How long an orchestrator may take to start and to read what is deployed, in milliseconds. */
const OPEN_TIMEOUT_MS = 3 * 60_000;

const ranShape = z.object({
  /** The id of the pipeline's run; null when it failed before it had one. */
  runId: z.string().nullable(),
  state: z.string(),
  tasks: z.array(taskFact),
});

/** A run that ended well. */
export interface OrchestratedRun {
  readonly runId: string;
  /** One per dataset. */
  readonly records: RunRecord[];
  readonly tasks: TaskFact[];
}

/** Runs the pipeline. */
export interface Orchestrator {
  /**
   * Runs it once, to its end.
   *
   * @throws LakehouseError with what failed and why.
   */
  run(request: RunRequest, report: Report): Promise<OrchestratedRun>;
}

/**
 * The orchestrator that was asked for, else Airflow where the environment has it.
 *
 * @throws LakehouseError when that is Airflow and the environment has none.
 */
export function orchestratorOf(config: LakehouseConfig, wanted: OrchestratorName | undefined): OrchestratorName {
  if (wanted === 'airflow' && config.airflow === undefined) {
    const must = `another one where environment '${config.environment}' has no Airflow`;
    const remedy = "leave it out, or add 'airflow' to the config";
    throw new LakehouseError(problem({ path: '--orchestrator', must, got: wanted, remedy }));
  }
  return wanted ?? (config.airflow === undefined ? 'none' : 'airflow');
}

/** No orchestrator: each stage is a step. */
export function directSteps(pipeline: Pipeline, runtime: Runtime): Orchestrator {
  return {
    run: async (request, report) => {
      const records = await pipeline.run(runtime, { ...request, staged: true }, report);
      await checkQuality(pipeline, runtime, { ...request, report });
      await transform(pipeline, runtime, { ...request, report });
      return { runId: request.runId, records, tasks: [] };
    },
  };
}

/** An orchestrator that can be started. */
export interface InstalledOrchestrator {
  readonly name: Exclude<OrchestratorName, 'none'>;
  readonly environment: PythonEnvironment;
}

/** How an orchestrator is started. */
export interface OrchestrationOptions extends InstalledOrchestrator {
  readonly paths: RunPaths;
  /** What leads it to the endpoint, and nowhere else. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * An orchestrator in a process of its own. It is started before there is anything to run, because it takes its time: then
 * Airflow makes its database, and Prefect starts its server.
 */
export class Orchestration {
  private constructor(
    private readonly title: string,
    private readonly driver: Driver,
  ) {}

  /** Starts it, with its state in a folder of the run. */
  static start({ name, environment, paths, env }: OrchestrationOptions): Orchestration {
    const home = paths.file(name);
    mkdirSync(home, { recursive: true });
    const { title, settings } = KINDS[name];
    const driver = Driver.start({
      name: title,
      command: environment.python,
      args: ['-m', `orchestrators.${name}_driver`],
      cwd: home,
      env: { ...env, ...settings(home), PYTHONPATH: join(root, 'local') },
      logFile: paths.log(name),
    });
    return new Orchestration(title, driver);
  }

  /** Reads what it is to run: Airflow what is deployed, Prefect what this package ships. */
  async open(pipeline: Pipeline, runtime: Runtime): Promise<Orchestrator> {
    const body = { do: 'open', airflow: runtime.airflow?.environment };
    const known = await this.driver.ask({ body, answer: z.array(z.string()), timeoutMs: OPEN_TIMEOUT_MS });
    if (!known.includes(BATCH)) {
      throw new LakehouseError(
        `${this.title} must know '${BATCH}', got ${JSON.stringify(known)}; deploy the stack anew`,
      );
    }
    return { run: (request, report) => this.run(request, report, { pipeline, runtime }) };
  }

  /** Ends its process. */
  stop(): Promise<void> {
    return this.driver.stop();
  }

  private async run(
    { runId: wanted, correlationId, timeoutMs }: RunRequest,
    report: Report,
    { pipeline, runtime }: { readonly pipeline: Pipeline; readonly runtime: Runtime },
  ): Promise<OrchestratedRun> {
    const { environment } = runtime;
    const body = { do: 'run', dag: BATCH, environment, runId: wanted, correlationId };
    const { runId, state, tasks } = await this.driver.ask({ body, answer: ranShape, timeoutMs, report });
    if (state !== 'success' || runId === null) {
      const steps = runId === null ? [] : await pipeline.failures(runtime, runId);
      throw new LakehouseError(
        [`${this.title}: run of '${BATCH}' ended ${state}`, ...failed(tasks), ...steps].join('\n'),
      );
    }
    return { runId, records: await pipeline.records(runtime, runId), tasks };
  }
}

function failed(tasks: TaskFact[]): string[] {
  return tasks
    .filter(({ state }) => state === 'failed')
    .map(({ task, tries, error }) => `  - task ${task}, tried ${tries} times: ${error ?? 'no reason given'}`);
}

/** What differs between them: patient for seconds and not for minutes as on AWS, and telling nobody about their use. */
const KINDS: {
  readonly [name in InstalledOrchestrator['name']]: {
    readonly title: string;
    readonly settings: (home: string) => NodeJS.ProcessEnv;
  };
} = {
  airflow: {
    title: 'Airflow',
    settings: (home) => ({
      AIRFLOW_HOME: home,
      AIRFLOW__CORE__DAGS_FOLDER: join(home, 'dags'),
      AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
      AIRFLOW__LAKEHOUSE__POLL_SECONDS: '0.25',
      AIRFLOW__LAKEHOUSE__RETRIES: '1',
      AIRFLOW__LAKEHOUSE__RETRY_SECONDS: '1',
      AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: 'False',
    }),
  },
  prefect: {
    title: 'Prefect',
    settings: (home) => ({
      PREFECT_HOME: home,
      DO_NOT_TRACK: '1',
      PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
      PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: '120',
    }),
  },
};
