import * as fs from 'node:fs';
import * as path from 'node:path';
import { type App, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { Node } from 'constructs';
import { LakehouseChecks } from '../../lib/compliance';

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

/** Turns everything on that a consumer may: cdk-nag's AwsSolutions and Serverless rules and the library's own. */
export function withRules(app: App): App {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app), new LakehouseChecks());
  return app;
}

/** Synthesizes the app and reads the report of its validators; synth itself fails when one has a finding. */
export function complianceOf(app: App): Compliance {
  // The report is read from its file; CDK also prints it.
  const write = process.stderr.write.bind(process.stderr);
  const { error } = console;
  process.stderr.write = () => true;
  console.error = () => undefined;
  try {
    app.synth({ force: true });
  } catch (failure) {
    if (!fs.existsSync(path.join(app.outdir, REPORT))) {
      throw failure;
    }
  } finally {
    process.stderr.write = write;
    console.error = error;
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

/** An answer to findings: the construct it is beside, the id and the reason. */
export interface Answer {
  readonly construct: string;
  readonly id: string;
  readonly reason: string;
}

/** What the validators have to say when some answers of an app were not given. */
export function complianceWithout(app: App, withheld: (answer: Answer) => boolean): Compliance {
  const original = Object.getOwnPropertyDescriptor(Node.prototype, 'metadata') ?? {};
  const metadata = vi.spyOn(Node.prototype, 'metadata', 'get').mockImplementation(function (this: Node) {
    const entries: Node['metadata'] = original.get?.call(this);
    return entries.filter((entry) => !answersOf(this.path, entry).some(withheld));
  });
  try {
    return complianceOf(app);
  } finally {
    metadata.mockRestore();
  }
}

function answeredBy({ acknowledgedId = '', acknowledgedAt = '' }: ReportedRule, found: Finding): AnsweredFinding {
  return { ...found, acknowledgedId, acknowledgedAt };
}

/** Every answer in an app. */
export function answersIn(app: App): Answer[] {
  return app.node.findAll().flatMap(({ node }) => node.metadata.flatMap((entry) => answersOf(node.path, entry)));
}

function answersOf(construct: string, { type, data }: Node['metadata'][number]): Answer[] {
  const answers: { [id: string]: string } = type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY ? data : {};
  return Object.entries(answers).map(([id, reason]) => ({ construct, id, reason }));
}

function findings(plugin: string, rules: ReportedRule[]): Finding[] {
  return rules.flatMap(({ ruleName, violatingConstructs }) =>
    violatingConstructs.map(({ constructPath = '' }) => ({ plugin, rule: ruleName, construct: constructPath })),
  );
}
