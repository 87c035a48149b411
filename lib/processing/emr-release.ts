import { didYouMean, fail } from '../private';

/** The software an EMR release brings, as far as jobs depend on it. */
export interface EmrRuntime {
  /** Version of Apache Spark. */
  readonly spark: string;

  /** Version of Apache Iceberg. */
  readonly iceberg: string;

  /** Version of Delta Lake. */
  readonly delta: string;

  /** Binary version of Scala, which jars must be built for. */
  readonly scala: string;

  /** Major version of Java. */
  readonly java: string;

  /** Version of Python that jobs run on. */
  readonly python: string;
}

/**
 * A release of Amazon EMR.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-release-components.html
 */
export class EmrRelease {
  /** EMR 7.14.0: Spark 3.5, standard support until September 2028. */
  public static readonly EMR_7_14_0 = new EmrRelease('emr-7.14.0', {
    spark: '3.5.6',
    iceberg: '1.10.1',
    delta: '3.3.2',
    scala: '2.12',
    java: '17',
    python: '3.11',
  });

  /** AWS runtime for Apache Spark 8.1.0: Spark 4.1, standard support until September 2029. */
  public static readonly EMR_SPARK_8_1_0 = new EmrRelease('emr-spark-8.1.0', {
    spark: '4.1.1',
    iceberg: '1.11.0',
    delta: '4.2.0',
    scala: '2.13',
    java: '17',
    python: '3.11',
  });

  /**
   * A release this library does not know.
   *
   * @param label the release label, for example `emr-7.15.0`
   * @param runtime the versions from the release's page
   */
  public static of(label: string, runtime: EmrRuntime): EmrRelease {
    return new EmrRelease(label, runtime);
  }

  /**
   * A release this library knows, by its label.
   *
   * @param label for example `emr-7.14.0`; any other label is an error that names the nearest known one
   */
  public static fromLabel(label: string): EmrRelease {
    const labels = EmrRelease.knownLabels();
    return (
      KNOWN.find((release) => release.label === label) ??
      fail({ path: 'release', must: 'a known EMR release', got: label, remedy: didYouMean(label, labels) })
    );
  }

  /** The labels of the releases this library knows. */
  public static knownLabels(): string[] {
    return KNOWN.map((release) => release.label);
  }

  private constructor(
    /** The release label, as EMR writes it. */
    public readonly label: string,
    /** The software of the release. */
    public readonly runtime: EmrRuntime,
  ) {}
}

const KNOWN = [EmrRelease.EMR_7_14_0, EmrRelease.EMR_SPARK_8_1_0];
