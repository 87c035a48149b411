/** What `npm run bench:synth` reads from templates. */
import * as fs from 'node:fs';
import * as path from 'node:path';

interface Part {
  readonly Type?: string;
  readonly DependsOn?: string[];
}

interface Template {
  readonly Resources: { [id: string]: Part };
  readonly Outputs?: { [id: string]: Part };
}

/** CDK names a parameter of a nested stack, and so its template, by the path of what it refers to. */
const PARAMETER = /referenceto\w+/g;

const NESTED = 'AWS::CloudFormation::Stack';

function templatesIn(directory: string): Template[] {
  return fs
    .readdirSync(directory)
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => JSON.parse(fs.readFileSync(path.join(directory, name), 'utf8').replaceAll(PARAMETER, 'parameter')));
}

/** How many resources the templates of a directory have. */
export function resourcesIn(directory: string): number {
  return templatesIn(directory).reduce((sum, { Resources }) => sum + Object.keys(Resources).length, 0);
}

/** The resources and outputs that are not alike in two directories, but for the nested stacks, which hold a hash. */
export function unlike(left: string, right: string): string[] {
  const [ours, theirs] = [partsIn(left), partsIn(right)];
  const ids = new Set([...ours.keys(), ...theirs.keys()]);
  return [...ids].filter((id) => ours.get(id) !== theirs.get(id));
}

/** Resources and outputs by id, each as text. */
function partsIn(directory: string): Map<string, string> {
  const parts = templatesIn(directory).flatMap(({ Resources, Outputs = {} }) =>
    Object.entries(Resources).concat(Object.entries(Outputs)),
  );
  return new Map(
    parts
      .filter(([, { Type }]) => Type !== NESTED)
      .map(([id, part]) => [id, textOf({ ...part, DependsOn: part.DependsOn?.toSorted() })]),
  );
}

/** JSON with the members of objects in order. */
function textOf(part: Part): string {
  return JSON.stringify(part, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
