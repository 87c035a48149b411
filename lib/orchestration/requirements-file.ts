import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Problem } from '../private';
import type { AirflowVersion } from './airflow-version';

/** A package at one version, with extras, a marker and hashes if need be. */
const PINNED = /^[A-Za-z0-9][\w.-]*(\[[^\]]*\])?\s*==\s*[A-Za-z0-9][\w.+!-]*\s*(;.*)?(\s--hash=\S+)*$/;

/** Airflow's own constraints, with the two versions in their address. */
const OFFICIAL =
  /^https:\/\/raw\.githubusercontent\.com\/apache\/airflow\/constraints-([\d.]+)\/constraints-([\d.]+)\.txt$/;

/** Where MWAA puts the files of its bucket. */
const ON_THE_WORKER = '/usr/local/airflow/';

/** Where it unpacks the plugins. */
const PLUGINS = `${ON_THE_WORKER}plugins`;

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
 * @see https://docs.aws.amazon.com/mwaa/latest/userguide/best-practices-dependencies.html
 */
export class RequirementsFile {
  /** All that is wrong with it whatever the version of Airflow. */
  readonly problems: Problem[] = [];

  private readonly lines: Line[];
  private constraint?: Line;

  constructor(readonly text: string) {
    this.lines = linesOf(text);
    for (const line of this.lines) {
      this.read(line);
    }
    if (this.constraint === undefined) {
      this.problems.push({
        path: 'requirements',
        must: 'constrained to the packages that Airflow was tested with',
        got: 'no --constraint',
        remedy: "begin it with --constraint and the version's constraintsUrl, or a copy of that file in plugins",
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
    return [...wrongConstraint, ...this.otherAirflows(version)];
  }

  /**
   * Where it does not fit an environment of a version of Airflow whose web server is private: that one is in a network of AWS
   * without a way out, so that pip finds there only what the plugins bring.
   *
   * @param version the version
   * @param plugins the directory of the plugins
   * @see https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-networking.html
   */
  privateMismatches(version: AirflowVersion, plugins: string | undefined): Problem[] {
    return [
      ...this.unreachableConstraints(version, plugins),
      ...this.missingOptions(),
      ...(plugins === undefined ? [NO_WHEELS] : []),
      ...this.otherAirflows(version),
    ];
  }

  private unreachableConstraints(version: AirflowVersion, plugins: string | undefined): Problem[] {
    const { constraint } = this;
    const file = constraint === undefined ? undefined : valueOf(constraint.text);
    if (constraint === undefined || file === undefined) {
      return [];
    }
    const problemOf = (remedy: string): Problem[] => [
      { path: pathOf(constraint), must: 'a file that a private web server can read', got: file, remedy },
    ];
    if (!file.startsWith(ON_THE_WORKER)) {
      const copy = `${PLUGINS}/constraints.txt`;
      return problemOf(
        `put what is at ${version.constraintsUrl} beside the wheels in plugins and write --constraint ${copy}, ${OR_PUBLIC}`,
      );
    }
    const inPlugins = path.posix.relative(PLUGINS, file);
    const isMissing =
      plugins !== undefined && !inPlugins.startsWith('..') && !fs.existsSync(path.join(plugins, inPlugins));
    return isMissing ? problemOf(`put ${inPlugins} into plugins`) : [];
  }

  private missingOptions(): Problem[] {
    const wheels = /^(--find-links|-f)[\s=]/;
    const hasWheels = this.lines.some(({ text }) => wheels.test(text) && `${valueOf(text)}/`.startsWith(`${PLUGINS}/`));
    const missing = [
      ...(hasWheels ? [] : [`--find-links ${PLUGINS}`]),
      ...(this.lines.some(({ text }) => text === '--no-index') ? [] : ['--no-index']),
    ];
    return missing.length === 0
      ? []
      : [
          {
            path: 'requirements',
            must: 'installed from wheels in plugins, because a private web server reaches no package index',
            got: missing.map((option) => `no ${option.split(' ', 1)[0]}`).join(', '),
            remedy: `add ${missing.join(' and ')}, each on a line of its own, ${OR_PUBLIC}`,
          },
        ];
  }

  private otherAirflows(version: AirflowVersion): Problem[] {
    return this.lines.flatMap((line): Problem[] => {
      const [, pinned] = /^apache-airflow(?:\[[^\]]*\])?\s*==\s*([^\s;]+)/.exec(line.text) ?? [];
      const remedy = 'leave it out, because MWAA installs Airflow itself';
      return pinned === undefined || pinned === version.version
        ? []
        : [{ path: pathOf(line), must: `Airflow ${version.version}`, got: line.text, remedy }];
    });
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

const OR_PUBLIC = 'or set access to WebserverAccess.PUBLIC_ONLY';

const NO_WHEELS: Problem = {
  path: 'plugins',
  must: 'the directory of the wheels, because a private web server installs requirements from nothing else',
  got: undefined,
  remedy: `set plugins of the bundle to what pip download laid into a directory, ${OR_PUBLIC}`,
};

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
