import * as fs from 'node:fs';
import * as path from 'node:path';
import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
  PolicyViolatingResource,
  PolicyViolation,
} from 'aws-cdk-lib/core';
import { Assembly } from './assembly';
import type { Rule } from './rule';
import { RULES } from './rules';
import type { Place } from './template';

const PACKAGE = path.resolve(__dirname, '..', '..', 'package.json');

/** How bad it is what a check finds. */
export enum CheckSeverity {
  /** It fails at deployment, loses data, or goes unheard: synthesis fails. */
  ERROR = 'error',
  /** It may be meant: synthesis reports it. */
  WARNING = 'warning',
}

/** What is looked for in every template. */
export interface LakehouseCheck {
  /** Its name; a finding is acknowledged by `LakehouseChecks::` and this. */
  readonly id: string;

  /** How bad it is. */
  readonly severity: CheckSeverity;

  /** What is wrong, and what comes of it. */
  readonly description: string;

  /** What to do about it. */
  readonly remedy: string;

  /** Where it is written. */
  readonly source: string;
}

/**
 * Looks through the templates of an app, those of nested stacks too, for what fails or loses data only after deployment and
 * what no linter knows: about Iceberg tables and their buckets, MSK, EMR, Airflow, alarms, keys and policies.
 *
 * A value that only the deployment knows is never a finding. Register it at an app or a stage:
 * `Validations.of(app).addPlugins(new LakehouseChecks())`. Acknowledge what is meant beside the construct it concerns:
 * `Validations.of(construct).acknowledge({ id: 'LakehouseChecks::emr-spot-primary', reason: '…' })`.
 *
 * @see https://docs.aws.amazon.com/cdk/v2/guide/policy-validation-synthesis.html
 */
export class LakehouseChecks implements IPolicyValidationPlugin {
  /** All checks. */
  public static all(): LakehouseCheck[] {
    return RULES.map(({ id, severity, wrong, remedy, source }) => ({
      id,
      severity: severityOf(severity),
      description: wrong,
      remedy,
      source,
    }));
  }

  /** The name of the plugin, which acknowledgements begin with. */
  public readonly name: string = 'LakehouseChecks';

  /** The ids of all checks. */
  public readonly ruleIds?: string[] = RULES.map(({ id }) => id);

  /** The version of this package, which the validation report says; without it Python's types take this for no plugin. */
  public readonly version?: string = JSON.parse(fs.readFileSync(PACKAGE, 'utf8')).version;

  /** Looks at the templates; CDK calls it after synthesis. */
  public validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const assembly = new Assembly(context);
    const violations = RULES.flatMap((rule) => violationOf(rule, assembly) ?? []);
    return { success: violations.every(({ severity }) => severity !== CheckSeverity.ERROR), violations };
  }
}

function severityOf(severity: Rule['severity']): CheckSeverity {
  return severity === 'error' ? CheckSeverity.ERROR : CheckSeverity.WARNING;
}

function violationOf(rule: Rule, assembly: Assembly): PolicyViolation | undefined {
  const places = rule.places(assembly.templates);
  return places.length === 0
    ? undefined
    : {
        ruleName: rule.id,
        description: rule.wrong,
        fix: rule.remedy,
        severity: severityOf(rule.severity),
        ruleMetadata: { source: rule.source },
        violatingResources: byElement(places, assembly),
      };
}

/** All that is wrong with one element is one finding. */
function byElement(places: Place[], assembly: Assembly): PolicyViolatingResource[] {
  const locations = new Map<string, { place: Place; locations: string[] }>();
  for (const place of places) {
    const element = `${place.file}#${place.id}`;
    const found = locations.get(element) ?? { place, locations: [] };
    found.locations.push(place.location);
    locations.set(element, found);
  }
  return [...locations.values()].map(({ place, locations: found }) => assembly.identify(place, found));
}
