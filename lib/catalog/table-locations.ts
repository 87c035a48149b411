import type { IConstruct } from 'constructs';
import { problem, sorted } from '../private';

/** A table of an app and where its files are. */
interface Located {
  readonly path: string;
  readonly location: string;
}

/** The tables of each app, by its root. */
const apps = new WeakMap<IConstruct, Located[]>();

/**
 * Refuses at synthesis that two tables of an app share a location, or one lies within another's: what removes the files that one
 * of them does not know removes live files of the other.
 *
 * @see https://docs.aws.amazon.com/glue/latest/dg/optimizer-notes.html
 */
export function keepApart(table: IConstruct, location: string): void {
  const { root } = table.node;
  const others = apps.get(root) ?? [];
  if (others.length === 0) {
    apps.set(root, others);
    root.node.addValidation({ validate: () => overlaps(others) });
  }
  others.push({ path: table.node.path, location });
}

/** In their order a location comes right before those within it, so each is compared with one other. */
function overlaps(tables: Located[]): string[] {
  const problems: string[] = [];
  let around: Located | undefined;
  for (const table of sorted(tables, ({ location }) => `${location}/`)) {
    if (around !== undefined && `${table.location}/`.startsWith(`${around.location}/`)) {
      const must = 'a folder of its own, in which no other table lies';
      const remedy = `'${around.path}' has it; give one of the two another prefix`;
      problems.push(problem({ path: `${table.path}.prefix`, must, got: shown(table.location), remedy }));
    } else {
      around = table;
    }
  }
  return problems;
}

/** The folder; the bucket may be a name that only the deployment knows. */
function shown(location: string): string {
  return location.replace(/^s3:\/\/[^/]*\//, '');
}
