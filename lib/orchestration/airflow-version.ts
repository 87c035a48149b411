import { Token } from 'aws-cdk-lib/core';
import { didYouMean, fail } from '../private';

/**
 * A version of Apache Airflow on MWAA, with the Python it runs on.
 *
 * An environment can move to another minor version of the same major one; a new major version is another environment.
 *
 * @see https://docs.aws.amazon.com/mwaa/latest/userguide/airflow-versions.html
 */
export class AirflowVersion {
  /** Airflow 2.10.3 on Python 3.11. */
  public static readonly V2_10_3 = new AirflowVersion('2.10.3', '3.11');

  /** Airflow 2.11.0 on Python 3.12. */
  public static readonly V2_11_0 = new AirflowVersion('2.11.0', '3.12');

  /** Airflow 2.11.2 on Python 3.12. */
  public static readonly V2_11_2 = new AirflowVersion('2.11.2', '3.12');

  /** Airflow 3.0.6 on Python 3.12. */
  public static readonly V3_0_6 = new AirflowVersion('3.0.6', '3.12');

  /** Airflow 3.2.1 on Python 3.12. */
  public static readonly V3_2_1 = new AirflowVersion('3.2.1', '3.12');

  /** Airflow 3.3.1 on Python 3.12. */
  public static readonly V3_3_1 = new AirflowVersion('3.3.1', '3.12');

  /**
   * A version this library does not know.
   *
   * @param version as MWAA writes it, for example `3.4.0`
   * @param python the Python of MWAA's image, for example `3.12`
   */
  public static of(version: string, python: string): AirflowVersion {
    if (!Token.isUnresolved(version) && !/^\d+\.\d+\.\d+$/.test(version)) {
      fail({ path: 'version', must: 'three numbers with dots', got: version, remedy: "use a version such as '3.0.6'" });
    }
    if (!Token.isUnresolved(python) && !/^3\.\d+$/.test(python)) {
      fail({ path: 'python', must: 'a minor version of Python 3', got: python, remedy: "use one such as '3.12'" });
    }
    return new AirflowVersion(version, python);
  }

  /**
   * A version this library knows.
   *
   * @param name for example `3.0.6`; any other is an error that names the nearest known one
   */
  public static fromName(name: string): AirflowVersion {
    return (
      KNOWN.find(({ version }) => version === name) ??
      fail({
        path: 'version',
        must: 'a known version of Airflow',
        got: name,
        remedy: didYouMean(name, AirflowVersion.knownVersions()),
      })
    );
  }

  /** The versions this library knows. */
  public static knownVersions(): string[] {
    return KNOWN.map(({ version }) => version);
  }

  private constructor(
    /** The version, as MWAA writes it. */
    public readonly version: string,
    /** The Python it runs on, for example `3.12`. */
    public readonly python: string,
  ) {}

  /** The versions of packages that Airflow was tested with, which a requirements file must name. */
  public get constraintsUrl(): string {
    return `https://raw.githubusercontent.com/apache/airflow/constraints-${this.version}/constraints-${this.python}.txt`;
  }

  /**
   * Whether it is this minor version or a later one; not known of a version that is a token.
   *
   * @internal
   */
  public _isAtLeast(major: number, minor: number): boolean | undefined {
    if (Token.isUnresolved(this.version)) {
      return undefined;
    }
    const [ownMajor = 0, ownMinor = 0] = this.version.split('.').map(Number);
    return ownMajor > major || (ownMajor === major && ownMinor >= minor);
  }
}

const KNOWN = [
  AirflowVersion.V2_10_3,
  AirflowVersion.V2_11_0,
  AirflowVersion.V2_11_2,
  AirflowVersion.V3_0_6,
  AirflowVersion.V3_2_1,
  AirflowVersion.V3_3_1,
];
