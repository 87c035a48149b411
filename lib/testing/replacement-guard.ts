import { CfnResource, NestedStack, Stack } from 'aws-cdk-lib/core';
import { didYouMean, fail, failAll, problem, sorted, writeFile } from '../private';
import { replacedResources, same } from './create-only';
import { FindingKind, type ReplacementFinding } from './finding';
import { type Observation, observations, relocation, removal } from './finding-rules';
import { type FlatResource, flattened } from './flat-template';
import { relocations } from './relocations';
import { STATEFUL_TYPES } from './stateful-types';
import { templateOf, textOf, withoutHashes, withoutPlumbing } from './template';
import { type Template, readTemplate } from './template-file';

interface Acknowledgement {
  readonly logicalId: string;
  readonly kind: FindingKind;
}

/**
 * Finds what a change of a stack would lose, before it is deployed: resources that hold data and would be replaced,
 * removed, renamed or moved, policies that no longer keep them, changes in place that lose data, and changes that their service
 * refuses.
 *
 *     ReplacementGuard.compare('test/baseline/prod.template.json', stack).assertNothingLost();
 *
 * What replaces a resource is read from AWS's resource schemas, properties within properties included, which `cdk diff`
 * takes for updates; and a resource is replaced too when one that it refers to is.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
 */
export class ReplacementGuard {
  /**
   * Compares what is deployed with what would be.
   *
   * Fails when the file is no template, or its nested stacks' templates are not there.
   *
   * @param baseline a file that `writeBaseline` wrote, or a template in CDK's output
   * @param stack the stack as it would be deployed; the app is synthesized when that was not done yet
   */
  public static compare(baseline: string, stack: Stack): ReplacementGuard {
    return ReplacementGuard._of(readTemplate(baseline), templateOf(stack), constructPaths(stack));
  }

  /**
   * Compares two files, each one that `writeBaseline` wrote or a template in CDK's output.
   *
   * Fails when one is no template, or its nested stacks' templates are not there.
   *
   * @param before the template that is deployed
   * @param after the template that would be
   */
  public static compareFiles(before: string, after: string): ReplacementGuard {
    return ReplacementGuard._of(readTemplate(before), readTemplate(after));
  }

  /**
   * Writes the template of a stack, with those of its nested stacks in it, as the baseline of later comparisons. Do so
   * after a deployment, and commit the file.
   *
   * Fails when the file cannot be written.
   *
   * @param file the file to write; folders that are missing are made
   * @param stack the stack as it is deployed; the app is synthesized when that was not done yet
   */
  public static writeBaseline(file: string, stack: Stack): void {
    writeFile(file, textOf(withoutPlumbing(templateOf(stack))));
  }

  /**
   * Compares two templates with those of their nested stacks in them.
   *
   * @internal
   */
  public static _of(
    before: Template,
    after: Template,
    paths: ReadonlyMap<string, string> = new Map(),
  ): ReplacementGuard {
    // a baseline without hashes of assets says nothing about them
    const blurred = JSON.stringify(before).includes('<asset>');
    const comparable: Template = blurred ? JSON.parse(withoutHashes(JSON.stringify(after))) : after;
    return new ReplacementGuard(findingsBetween(flattened(before), flattened(comparable), paths));
  }

  /** The changes that lose something, in order, without those that were acknowledged. */
  public readonly findings: ReplacementFinding[];

  private readonly unused: Acknowledgement[];

  private constructor(findings: ReplacementFinding[], unused: Acknowledgement[] = []) {
    this.findings = findings;
    this.unused = unused;
  }

  /**
   * Allows a change, for the deployment that makes it. Take the line away when the baseline is written anew: one that
   * matches no finding fails `assertNothingLost`.
   *
   * Fails when it does not say why, and when the logical id is that of several findings' resources, in nested stacks.
   *
   * @param logicalId the logical id of the resource, or its path as the finding has it
   * @param kind what the change does
   * @param reason why nothing that is needed is lost
   * @returns the guard without the findings that are allowed
   */
  public acknowledge(logicalId: string, kind: FindingKind, reason: string): ReplacementGuard {
    if (reason.trim() === '') {
      fail({ path: 'reason', must: 'said', got: reason, remedy: 'say why nothing that is needed is lost' });
    }
    const allowed = (finding: ReplacementFinding): boolean =>
      finding.kind === kind && [finding.logicalId, finding.path].includes(logicalId);
    const left = this.findings.filter((finding) => !allowed(finding));
    const places = [...new Set(this.findings.filter(allowed).map((finding) => finding.path))];
    if (places.length > 1) {
      // the same id in several nested stacks: what is said of one is not true of the others
      const remedy = `acknowledge each by its path: ${places.join(', ')}`;
      fail({ path: 'acknowledge', must: 'about one resource', got: `${kind} of ${logicalId}`, remedy });
    }
    return new ReplacementGuard(left, places.length > 0 ? this.unused : [...this.unused, { logicalId, kind }]);
  }

  /** Fails with all findings, each with what to do about it, and with acknowledgements that match none. */
  public assertNothingLost(): void {
    const known = [...new Set(this.findings.map((finding) => finding.logicalId))];
    failAll('what this change would do to data', [
      ...this.findings.map(textOfFinding),
      ...this.unused.map(({ logicalId, kind }) =>
        problem({
          path: 'acknowledge',
          must: 'about a finding',
          got: `${kind} of ${logicalId}`,
          remedy: known.length === 0 ? 'take it away' : `take it away; ${didYouMean(logicalId, known)}`,
        }),
      ),
    ]);
  }
}

function textOfFinding({ path: place, type, kind, reason, remedy }: ReplacementFinding): string {
  const must =
    kind === FindingKind.UPDATE_REFUSED
      ? 'be changed as its service takes it'
      : `keep ${STATEFUL_TYPES[type] ?? 'what it holds'}`;
  return `'${place}' must ${must}, got ${reason}; ${remedy}`;
}

type Resources = ReadonlyMap<string, FlatResource>;

function findingsBetween(
  before: Resources,
  after: Resources,
  paths: ReadonlyMap<string, string>,
): ReplacementFinding[] {
  const neighbours = {
    replaced: replacedResources(before, after),
    changes: (address: string) => !same(before.get(address)?.properties, after.get(address)?.properties),
    properties: {
      before: (address: string) => before.get(address)?.properties,
      after: (address: string) => after.get(address)?.properties,
    },
  };
  const stateful = [...before.values()].filter(({ type }) => STATEFUL_TYPES[type] !== undefined);
  const gone = stateful.filter(({ address }) => !after.has(address));
  const moved = relocations(
    gone,
    [...after.values()].filter(({ address }) => !before.has(address)),
  );
  const observed = (resource: FlatResource): Observation[] => {
    const there = after.get(resource.address);
    if (there !== undefined) {
      return observations(resource, there, neighbours);
    }
    const elsewhere = moved.get(resource);
    return [elsewhere === undefined ? removal(resource) : relocation(resource, elsewhere)];
  };
  const findings = stateful.flatMap((resource) =>
    observed(resource).map(({ property, kind, reason, remedy }) => ({
      logicalId: resource.logicalId,
      path: paths.get(resource.address) ?? resource.address,
      type: resource.type,
      property,
      kind,
      reason,
      remedy,
    })),
  );
  return sorted(findings, ({ path: place, property = '' }) => `${place}\n${property}`);
}

/** The paths of the constructs of a stack's resources, those in nested stacks too, by address. */
function constructPaths(stack: Stack): Map<string, string> {
  const resources = stack.node.findAll().filter((child) => CfnResource.isCfnResource(child));
  return new Map(
    resources
      .filter((resource) => isWithin(Stack.of(resource), stack))
      .map((resource) => [addressOf(resource, stack), resource.node.path]),
  );
}

/** Whether a stack is another, or nested in it. A stack of its own may be defined below another. */
function isWithin(inner: Stack, outer: Stack): boolean {
  return inner === outer || (inner.nestedStackParent !== undefined && isWithin(inner.nestedStackParent, outer));
}

function addressOf(resource: CfnResource, outer: Stack): string {
  const stack = Stack.of(resource);
  const id: string = stack.resolve(resource.logicalId);
  const nested = stack === outer || !NestedStack.isNestedStack(stack) ? undefined : stack.nestedStackResource;
  return nested instanceof CfnResource ? `${addressOf(nested, outer)}/${id}` : id;
}
