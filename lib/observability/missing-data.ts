import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/** What an alarm makes of periods without data, and why: the default of CloudWatch suits nobody. */
export class MissingData {
  /**
   * No data is fine, because what is counted happens seldom.
   *
   * @param because the reason, to be read after "no data means"
   */
  public static fine(because: string): MissingData {
    return new MissingData(cloudwatch.TreatMissingData.NOT_BREACHING, because);
  }

  /**
   * No data is what the alarm is for, because a sign of life is missing.
   *
   * @param because the reason, to be read after "no data means"
   */
  public static alarming(because: string): MissingData {
    return new MissingData(cloudwatch.TreatMissingData.BREACHING, because);
  }

  /**
   * No data changes nothing: the alarm stays as it is until the next value.
   *
   * @param because the reason, to be read after "no data means"
   */
  public static unchanged(because: string): MissingData {
    return new MissingData(cloudwatch.TreatMissingData.IGNORE, because);
  }

  private constructor(
    /** What CloudWatch is told. */
    public readonly treatment: cloudwatch.TreatMissingData,
    /** The reason, to be read after "no data means". */
    public readonly because: string,
  ) {}
}
