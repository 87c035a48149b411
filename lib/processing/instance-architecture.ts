import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { didYouMean, fail } from '../private';

/** The sizes of the default fleets: one and two capacity units. */
const TASK_SIZES = ['xlarge', '2xlarge'];

/**
 * The processor architecture of a cluster, with the instance types it uses by default. One cluster has one architecture,
 * because Python wheels with native code are built for one.
 */
export class InstanceArchitecture {
  /** Intel and AMD. */
  public static readonly X86_64 = new InstanceArchitecture(
    'x86_64',
    'x86_64',
    ['m5', 'm5a', 'm6i', 'm6a'],
    ['m5', 'm5a', 'm5d', 'm6i', 'm6a', 'r5', 'r5a', 'r5d', 'r6i'],
  );

  /** AWS Graviton: about a fifth cheaper for the same work. */
  public static readonly ARM_64 = new InstanceArchitecture(
    'arm64',
    'aarch64',
    ['m6g', 'm7g', 'm6gd'],
    ['m6g', 'm6gd', 'm7g', 'm7gd', 'r6g', 'r6gd', 'r7g', 'r7gd'],
  );

  /**
   * The architecture of that name; any other name is an error.
   *
   * @param name `x86_64` or `arm64`
   */
  public static fromName(name: string): InstanceArchitecture {
    return (
      KNOWN.find((architecture) => architecture.name === name) ??
      fail({
        path: 'architecture',
        must: 'a known architecture',
        got: name,
        remedy: didYouMean(name, InstanceArchitecture.names()),
      })
    );
  }

  /** The names of the known architectures. */
  public static names(): string[] {
    return KNOWN.map((architecture) => architecture.name);
  }

  private constructor(
    /** The architecture's name in AWS. */
    public readonly name: string,
    /** The architecture's name in Python's platform tags, by which dependency archives are found. */
    public readonly pythonPlatform: string,
    private readonly steadyFamilies: string[],
    private readonly taskFamilies: string[],
  ) {}

  /** The instance types of primary and core nodes, in the order of preference: 4 vCPU, general purpose. */
  public steadyInstanceTypes(): ec2.InstanceType[] {
    return this.steadyFamilies.map((family) => new ec2.InstanceType(`${family}.xlarge`));
  }

  /** The instance types of Spot task nodes: many pools, so that one pool's reclaim is not the fleet's. */
  public taskInstanceTypes(): ec2.InstanceType[] {
    return TASK_SIZES.flatMap((size) => this.taskFamilies.map((family) => new ec2.InstanceType(`${family}.${size}`)));
  }
}

const KNOWN = [InstanceArchitecture.X86_64, InstanceArchitecture.ARM_64];
