import type { Problem } from '../private';
import type { AirflowVersion } from './airflow-version';

/** A package at one version, with extras, a marker and hashes if need be. */
const PINNED = /^[A-Za-z0-9][\w.-]*(\[[^\]]*\])?\s*==\s*[A-Za-z0-9][\w.+!-]*\s*(;.*)?(\s--hash=\S+)*$/;

/** Airflow's own constraints, with the two versions in their address. */
const OFFICIAL =
  /^https:\/\/raw\.githubusercontent\.com\/apache\/airflow\/constraints-([\d.]+)\/constraints-([\d.]+)\.txt$/;

/** Where MWAA puts the files of its bucket. */
const ON_THE_WORKER = '/usr/local/airflow/';

/** Options that make pip ask another index, which one environment answers and the next does not. */
const INDEX_OPTIONS = new Set(['--index-url', '-i', '--extra-index-url', '--find-links', '-f', '--trusted-host']);

interface Line {
  readonly number: number;
  readonly text: string;
}

/**
 * What a requirements file says, and what is wrong with it.
 *
 * MWAA tells of a wrong file after half an hour, in a log, so all of it is told at synth.
 *
 * @see https://docs.aws.amazon.com/mwaa/latest/userguide/working-dags-dependencies.html
 */
export class RequirementsFile {
  /** All that is wrong with it whatever the version of Airflow. */
  readonly problems: Problem[] = [];

  private constraint?: Line;

  constructor(readonly text: string) {
    for (const line of linesOf(text)) {
      this.read(line);
    }
    if (this.constraint === undefined) {
      this.problems.push({
        path: 'requirements',
        must: 'constrained to the packages that Airflow was tested with',
        got: 'no --constraint',
        remedy: "begin it with --constraint and the version's constraintsUrl",
      });
    }
  }

  /** Where it does not fit a version of Airflow. */
  mismatches(version: AirflowVersion): Problem[] {
    const { constraint } = this;
    const address = constraint === undefined ? undefined : valueOf(constraint.text);
    const wrongConstraint: Problem[] =
      constraint !== undefined && address !== undefined && OFFICIAL.test(address) && address !== version.constraintsUrl
        ? [
            {
              path: pathOf(constraint),
              must: `the constraints of Airflow ${version.version} on Python ${version.python}`,
              got: address,
              remedy: `use ${version.constraintsUrl}`,
            },
          ]
        : [];
    const wrongAirflow = linesOf(this.text).flatMap((line): Problem[] => {
      const [, pinned] = /^apache-airflow(?:\[[^\]]*\])?\s*==\s*([^\s;]+)/.exec(line.text) ?? [];
      const remedy = 'leave it out, because MWAA installs Airflow itself';
      return pinned === undefined || pinned === version.version
        ? []
        : [{ path: pathOf(line), must: `Airflow ${version.version}`, got: line.text, remedy }];
    });
    return [...wrongConstraint, ...wrongAirflow];
  }

  private read(line: Line): void {
    const [option = ''] = line.text.split(/[\s=]/, 1);
    if (option === '--constraint' || option === '-c') {
      this.readConstraint(line);
    } else if (INDEX_OPTIONS.has(option)) {
      if (!(valueOf(line.text) ?? '').startsWith(ON_THE_WORKER)) {
        this.refuse(line, 'without another package index', 'remove the line, and pin what the public index has');
      }
    } else if (option === '-r' || option === '--requirement') {
      this.refuse(line, 'a single file', 'write what the other file requires here');
    } else if (!line.text.startsWith('--') && !PINNED.test(line.text)) {
      this.refuse(line, 'a package pinned with ==', 'pin the version that was tested');
    }
  }

  private readConstraint(line: Line): void {
    const address = valueOf(line.text) ?? '';
    if (!OFFICIAL.test(address) && !address.startsWith(ON_THE_WORKER)) {
      const must = `Airflow's own constraints, or a file of the bucket under ${ON_THE_WORKER}`;
      this.refuse(line, must, "use the version's constraintsUrl");
    } else if (this.constraint !== undefined) {
      this.refuse(line, 'the only --constraint', 'keep one');
    }
    this.constraint ??= line;
  }

  private refuse(line: Line, must: string, remedy: string): void {
    this.problems.push({ path: pathOf(line), must, got: line.text, remedy });
  }
}

function pathOf({ number }: Line): string {
  return `requirements line ${number}`;
}

/** The lines that say something, with the number they begin at: comments left out, continued lines joined. */
function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let begun: Line | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const part = raw.replace(/(^|\s)#.*$/, '').trim();
    const number = begun?.number ?? index + 1;
    const joined = `${begun?.text ?? ''}${part.replace(/\\$/, '')}`;
    if (part.endsWith('\\')) {
      begun = { number, text: joined };
      continue;
    }
    begun = undefined;
    if (joined.trim() !== '') {
      lines.push({ number, text: joined.trim() });
    }
  }
  return lines;
}

/** What an option is set to, without quotes. */
function valueOf(text: string): string | undefined {
  return /^\S+?[\s=]\s*["']?([^"'\s]+)["']?$/.exec(text)?.[1];
}
