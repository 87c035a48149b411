import * as fs from 'node:fs';
import * as path from 'node:path';
import { type App, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';

/** What the validators write beside the templates, also when synth fails because of them. */
const REPORT = 'validation-report.json';

/** A finding, at one construct. */
export interface Finding {
  readonly plugin: string;
  readonly rule: string;
  readonly construct: string;
}

/** A finding that was answered where it says, under the id it says. */
export interface AnsweredFinding extends Finding {
  readonly acknowledgedId: string;
  readonly acknowledgedAt: string;
}

/** What the validators of an app have to say. */
export interface Compliance {
  readonly open: Finding[];
  readonly answered: AnsweredFinding[];
}

interface ReportedRule {
  readonly ruleName: string;
  readonly violatingConstructs: { readonly constructPath?: string }[];
  readonly acknowledgedId?: string;
  readonly acknowledgedAt?: string;
}

interface Report {
  readonly pluginReports?: {
    readonly pluginName: string;
    readonly violations: ReportedRule[];
    readonly suppressedViolations?: ReportedRule[];
  }[];
}

/** Turns cdk-nag's AwsSolutions rules on for an app, as a consumer would. */
export function withAwsSolutions(app: App): App {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

/** Synthesizes the app and reads the report of its validators; synth itself fails when one has a finding. */
export function complianceOf(app: App): Compliance {
  // The report is read from its file; CDK also prints it.
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = () => true;
  try {
    app.synth();
  } catch (error) {
    if (!fs.existsSync(path.join(app.outdir, REPORT))) {
      throw error;
    }
  } finally {
    process.stderr.write = write;
    process.exitCode = 0;
  }
  const file = path.join(app.outdir, REPORT);
  const { pluginReports = [] }: Report = JSON.parse(fs.readFileSync(file, 'utf8'));
  return {
    open: pluginReports.flatMap(({ pluginName, violations }) => findings(pluginName, violations)),
    answered: pluginReports.flatMap(({ pluginName, suppressedViolations = [] }) =>
      suppressedViolations.flatMap((rule) => findings(pluginName, [rule]).map((found) => answeredBy(rule, found))),
    ),
  };
}

function answeredBy({ acknowledgedId = '', acknowledgedAt = '' }: ReportedRule, found: Finding): AnsweredFinding {
  return { ...found, acknowledgedId, acknowledgedAt };
}

/** Every answer in an app: the construct, the id and the reason. */
export function answersIn(app: App): { construct: string; id: string; reason: string }[] {
  return app.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => {
        const answers: { [id: string]: string } = data;
        return Object.entries(answers).map(([id, reason]) => ({ construct: node.path, id, reason }));
      }),
  );
}

function findings(plugin: string, rules: ReportedRule[]): Finding[] {
  return rules.flatMap(({ ruleName, violatingConstructs }) =>
    violatingConstructs.map(({ constructPath = '' }) => ({ plugin, rule: ruleName, construct: constructPath })),
  );
}
