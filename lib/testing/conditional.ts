import { type Json, type Members, at, inOrder, isMembers } from './json';

/** The properties of a resource before and after, where some conditions hold and others do not. */
export interface Case {
  readonly before: Members;
  readonly after: Members;
}

/** How many conditions are thought through: each doubles the cases. What hangs on more is left as its function says. */
const MOST = 6;

/** The properties before and after as they are in each case that their conditions, `Fn::If`, make. */
export function casesOf(before: Members, after: Members): Case[] {
  const atoms = [...new Set([before, after].flatMap(atomsIn))].slice(0, MOST);
  return [...Array(2 ** atoms.length).keys()].map((number) => {
    const truth = new Map(atoms.map((atom, bit) => [atom, (number & (1 << bit)) === 0]));
    return { before: decided(before, truth), after: decided(after, truth) };
  });
}

type Truth = ReadonlyMap<string, boolean>;

/** The comparisons that decide the values. */
function atomsIn(value: Json | undefined): string[] {
  if (Array.isArray(value)) {
    return value.flatMap(atomsIn);
  }
  if (!isMembers(value)) {
    return [];
  }
  const condition = at(value, 'Fn::If', '0');
  return [...(condition === undefined ? [] : atomsOf(condition)), ...Object.values(value).flatMap(atomsIn)];
}

function atomsOf(condition: Json): string[] {
  const parts = partsOf(condition);
  return parts === undefined ? [textOf(condition)] : parts.flatMap(atomsOf);
}

/** The conditions that a condition is made of; undefined when it is a comparison. */
function partsOf(condition: Json): Json[] | undefined {
  const parts = at(condition, 'Fn::Not') ?? at(condition, 'Fn::And') ?? at(condition, 'Fn::Or');
  return Array.isArray(parts) ? parts : undefined;
}

/** Whether a condition holds; undefined when it hangs on what is not thought through. */
function holds(condition: Json, truth: Truth): boolean | undefined {
  const parts = partsOf(condition)?.map((part) => holds(part, truth));
  if (parts === undefined) {
    return truth.get(textOf(condition));
  }
  if (parts.includes(undefined)) {
    return undefined;
  }
  if (at(condition, 'Fn::Not') !== undefined) {
    return !parts[0];
  }
  return at(condition, 'Fn::Or') === undefined ? parts.every(Boolean) : parts.some(Boolean);
}

function decided(members: Members, truth: Truth): Members {
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, valueIn(member, truth)]));
}

/** The value where that is true; undefined where it is `AWS::NoValue`. */
function valueIn(value: Json | undefined, truth: Truth): Json | undefined {
  if (Array.isArray(value)) {
    return value.map((item) => valueIn(item, truth)).filter((item) => item !== undefined);
  }
  if (!isMembers(value)) {
    return value;
  }
  if (value.Ref === 'AWS::NoValue') {
    return undefined;
  }
  const [condition, yes, no] = Array.isArray(value['Fn::If']) ? value['Fn::If'] : [];
  const isTrue = condition === undefined ? undefined : holds(condition, truth);
  return isTrue === undefined ? decided(value, truth) : valueIn(isTrue ? yes : no, truth);
}

function textOf(condition: Json): string {
  return JSON.stringify(inOrder(condition));
}
