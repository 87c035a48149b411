import type { Random } from '../support/random';

/** The type of a column, taken apart so that it can be changed in its depths. */
export type Shape =
  | string
  | { readonly kind: 'struct'; readonly fields: readonly (readonly [name: string, shape: Shape])[] }
  | { readonly kind: 'list'; readonly element: Shape }
  | { readonly kind: 'map'; readonly key: string; readonly value: Shape };

/** A shape after one change, and the path of what changed: names from the column on, joined by dots. */
export interface Edit {
  readonly shape: Shape;
  readonly path: string;
}

const PRIMITIVES = [
  'int',
  'float',
  'decimal(9, 2)',
  'string',
  'boolean',
  'date',
  'timestamptz',
  'long',
  'double',
  'binary',
];

/** Which types can be widened, and to what. */
const WIDER: { readonly [type: string]: string } = { int: 'long', float: 'double', 'decimal(9, 2)': 'decimal(12, 2)' };

/** The other way round. */
export const NARROWER: { readonly [type: string]: string } = Object.fromEntries(
  Object.entries(WIDER).map(([narrow, wide]) => [wide, narrow]),
);

/** The type as contracts write it. */
export function textOf(shape: Shape): string {
  if (typeof shape === 'string') {
    return shape;
  }
  if (shape.kind === 'struct') {
    return `struct<${shape.fields.map(([name, field]) => `${name} ${textOf(field)}`).join(', ')}>`;
  }
  return shape.kind === 'list' ? `list<${textOf(shape.element)}>` : `map<${shape.key}, ${textOf(shape.value)}>`;
}

/** Any type, two levels deep at most. */
export function randomShape(random: Random, depth: number = 0): Shape {
  switch (depth > 1 ? 0 : random.below(8)) {
    case 5:
      return { kind: 'list', element: randomShape(random, depth + 1) };
    case 6:
      return { kind: 'map', key: random.pick(['string', 'int']), value: randomShape(random, depth + 1) };
    case 7:
      return { kind: 'struct', fields: ['x', 'y'].map((name) => [name, randomShape(random, depth + 1)]) };
    default:
      return random.pick(PRIMITIVES);
  }
}

/** Every way to widen one primitive type in a shape; the keys of maps stay as they are. */
export function widenings(column: string, shape: Shape): Edit[] {
  return edits({ shape, path: column }, ({ shape: part, path }) => {
    const wider = typeof part === 'string' ? WIDER[part] : undefined;
    return wider === undefined ? [] : [{ shape: wider, path }];
  });
}

/** Every way to give one struct in a shape a field of that name. */
export function growths(column: string, shape: Shape, [name, type]: readonly [string, Shape]): Edit[] {
  return edits({ shape, path: column }, ({ shape: part, path }) =>
    typeof part === 'string' || part.kind !== 'struct' || part.fields.some(([known]) => known === name)
      ? []
      : [{ shape: { ...part, fields: [...part.fields, [name, type]] }, path: `${path}.${name}` }],
  );
}

/** Every way to drop one field of a struct but its first, by which old files tell a struct from none. */
export function losses(column: string, shape: Shape): Edit[] {
  return edits({ shape, path: column }, ({ shape: part, path }) =>
    typeof part === 'string' || part.kind !== 'struct'
      ? []
      : part.fields.slice(1).map(([name]) => ({
          shape: { ...part, fields: part.fields.filter(([other]) => other !== name) },
          path: `${path}.${name}`,
        })),
  );
}

/** The results of an edit of the shape itself or of one of its parts. */
function edits(whole: Edit, edit: (part: Edit) => Edit[]): Edit[] {
  const { shape, path } = whole;
  const within = (name: string, part: Shape, rebuilt: (part: Shape) => Shape): Edit[] =>
    edits({ shape: part, path: `${path}.${name}` }, edit).map((found) => ({
      shape: rebuilt(found.shape),
      path: found.path,
    }));
  const own = edit(whole);
  if (typeof shape === 'string') {
    return own;
  }
  if (shape.kind === 'struct') {
    const { fields } = shape;
    const inner = fields.flatMap(([name, field], at) =>
      within(name, field, (part) => ({ kind: 'struct', fields: fields.with(at, [name, part]) })),
    );
    return [...own, ...inner];
  }
  return shape.kind === 'list'
    ? [...own, ...within('element', shape.element, (element) => ({ kind: 'list', element }))]
    : [...own, ...within('value', shape.value, (value) => ({ ...shape, value }))];
}
