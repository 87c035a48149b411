import * as fs from 'node:fs';
import * as path from 'node:path';
import { type ApiType, type Member, type Method, type Parameter, readAssembly } from '../../docs/assembly';

const LIB = path.resolve(__dirname, '..', '..', 'lib');

let types: ApiType[] = [];
let rooms: string[] = [];

beforeAll(async () => {
  const assembly = await readAssembly();
  types = Object.values(assembly.types);
  rooms = Object.keys(assembly.submodules);
}, 120_000);

function methodsOf({ methods = [], initializer }: ApiType): Method[] {
  return initializer === undefined ? methods : [...methods, initializer];
}

function membersOf(type: ApiType): Member[] {
  return [...(type.properties ?? []), ...(type.methods ?? []), ...(type.members ?? [])];
}

/** Every place where the API names a type, with the type. */
function usesOf(type: ApiType): [string, string][] {
  const used: [string, unknown][] = (type.properties ?? []).map((property) => [property.name, property.type]);
  for (const { name, parameters = [], returns } of methodsOf(type)) {
    used.push([name, returns?.type]);
    parameters.forEach((parameter) => used.push([`${name}.${parameter.name}`, parameter.type]));
  }
  return used.map(([place, what]) => [`${type.fqn}.${place}`, JSON.stringify(what ?? null)]);
}

/** The type and all it is built on. */
function lineageOf(type: ApiType): string[] {
  const base = types.find(({ fqn }) => fqn === type.base);
  return [type.base ?? '', ...(base === undefined ? [] : lineageOf(base))];
}

function isConstruct(type: ApiType): boolean {
  return lineageOf(type).some((base) =>
    ['constructs.Construct', 'aws-cdk-lib.Resource', 'aws-cdk-lib.Stack'].includes(base),
  );
}

/** The kinds of thing that are what the interface says: classes that say so themselves, and interfaces built on it. */
function kindsOf(fqn: string): string[] {
  return types.filter(({ interfaces = [] }) => interfaces.includes(fqn)).map(({ name }) => name);
}

function structNamed(fqn: string | undefined): ApiType | undefined {
  return types.find((type) => type.fqn === fqn && type.datatype === true);
}

describe('The public API', () => {
  test('is there', () => {
    expect(types.length).toBeGreaterThan(50);
    expect(types.filter(isConstruct).length).toBeGreaterThan(10);
  });

  test('has a namespace for each room but the private one, and the whole at the top', () => {
    const folders = fs.readdirSync(LIB, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const expected = folders.map(({ name }) => name).filter((name) => name !== 'private');
    expect(rooms.map((room) => room.replace('cdk-lakehouse.', '')).toSorted()).toEqual(expected.toSorted());
    const atTheTop = types.filter(({ namespace }) => namespace === undefined).map(({ name }) => name);
    expect(atTheTop.toSorted()).toEqual(['LakehouseStack', 'LakehouseStackProps']);
  });

  test('says of everything what it is', () => {
    const silent = types.flatMap((type) => [
      ...(type.docs?.summary === undefined ? [type.fqn] : []),
      ...membersOf(type)
        .filter(({ docs, overrides }) => overrides === undefined && docs?.summary === undefined)
        .map(({ name }) => `${type.fqn}.${name}`),
    ]);
    expect(silent).toEqual([]);
  });

  test('says of every property that may be left out what happens then', () => {
    const literal = /^(-?\d+(\.\d+)?|true|false|'[^']*'|[A-Z]\w*\.\w+(\([\d, ]*\))?)$/;
    const vague = types
      .filter(({ datatype }) => datatype === true)
      .flatMap(({ fqn, properties = [] }) =>
        properties
          .filter(({ optional, docs: { default: given = '' } = {} }) => {
            const isTold = literal.test(given) || /^- \S.*/.test(given);
            return optional === true ? !isTold || /\bundefined\b/.test(given) : given !== '';
          })
          .map(({ name, docs }) => `${fqn}.${name}: ${docs?.default ?? 'nothing'}`),
      );
    expect(vague).toEqual([]);
  });

  test('takes and gives neither resources of CloudFormation, nor any, nor a choice of types', () => {
    const wrong = types.flatMap(usesOf).filter(([, used]) => /\.Cfn\w+"|"primitive":"any"|"union"/.test(used));
    expect(wrong).toEqual([]);
  });

  test('takes constructs, not their ARNs, except where something outside the app is referred to', () => {
    // `FooAttributes` belong to `Foo.fromFooAttributes`: an ARN is how AWS names what the app does not define
    const arns = types
      .filter(({ datatype, name }) => datatype === true && !name.endsWith('Attributes'))
      .flatMap(({ fqn, properties = [] }) =>
        properties.filter(({ name }) => /Arns?$/.test(name)).map(({ name }) => `${fqn}.${name}`),
      );
    expect(arns).toEqual([]);
  });

  test('has values that nobody changes', () => {
    const open = types.flatMap(({ fqn, properties = [] }) =>
      properties
        .filter(({ immutable, static: isStatic }) => immutable !== true && isStatic !== true)
        .map(({ name }) => `${fqn}.${name}`),
    );
    expect(open).toEqual([]);
  });

  test('makes every construct from scope, id and props, which may be left out when all of them may', () => {
    for (const { fqn, initializer } of types.filter((type) => type.kind === 'class' && isConstruct(type))) {
      const [scope, id, props]: (Parameter | undefined)[] = initializer?.parameters ?? [];
      expect([fqn, scope?.name, id?.name, props?.name]).toEqual([fqn, 'scope', 'id', 'props']);
      const struct = structNamed(props?.type.fqn);
      expect(struct?.name).toBe(`${fqn.split('.').at(-1)}Props`);
      const mayBeLeftOut = [struct, ...(struct?.interfaces ?? []).map(structNamed)]
        .flatMap((part) => part?.properties ?? [])
        .every(({ optional }) => optional === true);
      expect([fqn, props?.optional ?? false]).toEqual([fqn, mayBeLeftOut]);
    }
  });

  test('refers to what exists already wherever it has an interface of its own', () => {
    const interfaces = types.filter(
      ({ kind, datatype, name }) => kind === 'interface' && datatype !== true && /^I[A-Z]/.test(name),
    );
    expect(interfaces.length).toBeGreaterThan(3);
    // what several kinds have in common is nothing of its own that could exist already
    for (const { fqn, name } of interfaces.filter((one) => kindsOf(one.fqn).length < 2)) {
      const type = types.find((other) => other.fqn === fqn.replace(/\.I(\w+)$/, '.$1'));
      expect([name, type?.interfaces]).toEqual([name, expect.arrayContaining([fqn])]);
      const imports = (type?.methods ?? []).filter(
        (method) => method.static === true && method.name.startsWith(`from${name.slice(1)}`),
      );
      expect([name, imports.map(({ returns }) => returns?.type.fqn)]).toEqual([name, [fqn]]);
    }
  });

  test('grants to a grantee and gives the grant back', () => {
    const grants = types.filter(({ name }) => name.endsWith('Grants'));
    expect(grants.length).toBeGreaterThan(1);
    for (const { fqn, methods = [] } of grants) {
      for (const { name, parameters = [], returns } of methods.filter((method) => method.static !== true)) {
        expect([fqn, name, parameters[0]?.name, returns?.type.fqn]).toEqual([
          fqn,
          name,
          'grantee',
          'aws-cdk-lib.aws_iam.Grant',
        ]);
      }
    }
  });

  test('has no word that says nothing', () => {
    expect(types.filter(({ name }) => /Manager|Helper|Util/.test(name)).map(({ fqn }) => fqn)).toEqual([]);
  });
});
