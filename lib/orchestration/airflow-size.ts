import { didYouMean, fail } from '../private';

/** What an environment class can do. */
interface Capacity {
  readonly dags: number;
  readonly tasksPerWorker: number;
  readonly scales: boolean;
}

/**
 * The size of an environment: its class on MWAA.
 *
 * @see https://docs.aws.amazon.com/mwaa/latest/userguide/environment-class.html
 */
export class AirflowSize {
  /** Up to 25 DAGs, three tasks at once; one worker, one scheduler and one web server, which never become more. */
  public static readonly MICRO = new AirflowSize('mw1.micro', { dags: 25, tasksPerWorker: 3, scales: false });

  /** Up to 50 DAGs, five tasks at once on each worker. */
  public static readonly SMALL = new AirflowSize('mw1.small', { dags: 50, tasksPerWorker: 5, scales: true });

  /** Up to 250 DAGs, ten tasks at once on each worker. */
  public static readonly MEDIUM = new AirflowSize('mw1.medium', { dags: 250, tasksPerWorker: 10, scales: true });

  /** Up to 1,000 DAGs, 20 tasks at once on each worker. */
  public static readonly LARGE = new AirflowSize('mw1.large', { dags: 1000, tasksPerWorker: 20, scales: true });

  /** Up to 2,000 DAGs, 40 tasks at once on each worker. */
  public static readonly XLARGE = new AirflowSize('mw1.xlarge', { dags: 2000, tasksPerWorker: 40, scales: true });

  /** Up to 4,000 DAGs, 80 tasks at once on each worker. */
  public static readonly XLARGE2 = new AirflowSize('mw1.2xlarge', { dags: 4000, tasksPerWorker: 80, scales: true });

  /**
   * The size of a class.
   *
   * @param name for example `mw1.small`; any other is an error that names the nearest known one
   */
  public static fromName(name: string): AirflowSize {
    return (
      KNOWN.find((size) => size.environmentClass === name) ??
      fail({
        path: 'size',
        must: 'a known environment class',
        got: name,
        remedy: didYouMean(name, AirflowSize.knownNames()),
      })
    );
  }

  /** The names of all classes, smallest first. */
  public static knownNames(): string[] {
    return KNOWN.map(({ environmentClass }) => environmentClass);
  }

  /** How many DAGs the class is made for. */
  public readonly dagCapacity: number;

  /** How many tasks a worker runs at once. */
  public readonly tasksPerWorker: number;

  /** Whether there can be more than one worker, scheduler and web server. */
  public readonly scales: boolean;

  private constructor(
    /** The class, as MWAA writes it. */
    public readonly environmentClass: string,
    capacity: Capacity,
  ) {
    this.dagCapacity = capacity.dags;
    this.tasksPerWorker = capacity.tasksPerWorker;
    this.scales = capacity.scales;
  }
}

const KNOWN = [
  AirflowSize.MICRO,
  AirflowSize.SMALL,
  AirflowSize.MEDIUM,
  AirflowSize.LARGE,
  AirflowSize.XLARGE,
  AirflowSize.XLARGE2,
];
