import type { Random } from '../support/random';
import { type EvolvingTable, contractOf } from './evolutions';
import { type TestColumn, type TestContract, column } from './lake';
import { NARROWER } from './shapes';

/** A column as a template has it. */
interface TemplateField {
  readonly Id: number;
  readonly Name: string;
  readonly Type: string;
  readonly Required?: boolean;
}

/** The table of a template, as far as it is changed here. */
export interface TableTemplate {
  readonly OpenTableFormatInput: {
    readonly IcebergInput: {
      readonly Version: string;
      readonly IcebergTableInput: { readonly Location: string; readonly Schema: { readonly Fields: TemplateField[] } };
    };
  };
}

/** A row of a table's entry in the lock. */
export interface LockRow {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly retired?: true;
}

/** A table before an illegal change. */
export interface Legal {
  readonly dataset: string;
  readonly table: EvolvingTable;
  readonly template: TableTemplate;
  /** The columns and nested fields of its lock. */
  readonly rows: readonly LockRow[];
}

/** A change that no table must see. */
export interface Illegal {
  /** What the contract would say. */
  readonly contract: TestContract;
  /** What the template would say if the lock let it through. */
  readonly template: TableTemplate;
  /** A row that somebody wrote into the lock by hand. */
  readonly lockRow?: LockRow;
}

/** An illegal change; undefined when the table has nothing to change so. */
type Change = (legal: Legal, random: Random) => Illegal | undefined;

/** Every kind of change that the lock must refuse. */
export const ILLEGAL: { readonly [kind: string]: Change } = {
  narrow: (legal, random) => retyped(legal, random, (type) => NARROWER[type]),
  retype: (legal, random) => retyped(legal, random, (type) => (type === 'string' ? 'int' : 'string')),
  require: (legal, random) => {
    const optional = legal.table.columns.filter(({ required }) => required === undefined);
    if (optional.length === 0) {
      return undefined;
    }
    const { name } = random.pick(optional);
    return {
      contract: withColumns(legal, (columns) =>
        columns.map((item) => (item.name === name ? { ...item, required: true } : item)),
      ),
      template: withFields(legal, (fields) =>
        fields.map((field) => (field.Name === name ? { ...field, Required: true } : field)),
      ),
    };
  },
  addRequired: (legal) => ({
    contract: withColumns(legal, (columns) => [...columns, column('wanted', 'int', { required: true })]),
    template: withFields(legal, (fields) => [
      ...fields,
      { Id: nextId(legal), Name: 'wanted', Type: 'int', Required: true },
    ]),
  }),
  dropKey: (legal) => without(legal, 'id'),
  dropPartition: (legal, random) => {
    const used = legal.table.columns.filter(({ transform }) => transform !== undefined);
    return used.length === 0 ? undefined : without(legal, random.pick(used).name);
  },
  move: (legal) => {
    const input = legal.template.OpenTableFormatInput.IcebergInput.IcebergTableInput;
    return {
      contract: { ...contractOf(legal.dataset, legal.table), domain: 'elsewhere' },
      template: withInput(legal, { Location: input.Location.replace('rides', 'elsewhere') }),
    };
  },
  version: (legal) => {
    const { custom, ...rest } = contractOf(legal.dataset, legal.table);
    const input = { ...legal.template.OpenTableFormatInput.IcebergInput, Version: '3' };
    return {
      contract: { ...rest, custom: { ...custom, formatVersion: 3 } },
      template: { ...legal.template, OpenTableFormatInput: { IcebergInput: input } },
    };
  },
  reuse: (legal, random) => {
    const retired = legal.rows.filter(
      ({ retired: gone, name, type }) => gone === true && !/\./.test(name) && !/^(list|map|struct)$/.test(type),
    );
    if (retired.length === 0) {
      return undefined;
    }
    const { id, type } = random.pick(retired);
    return {
      contract: withColumns(legal, (columns) => [...columns, column('again', type)]),
      template: withFields(legal, (fields) => [...fields, { Id: id, Name: 'again', Type: type }]),
      lockRow: { id, name: 'again', type },
    };
  },
};

function retyped(legal: Legal, random: Random, to: (type: string) => string | undefined): Illegal | undefined {
  const found = legal.table.columns.flatMap(({ name, shape }) => {
    const type = typeof shape === 'string' ? to(shape) : undefined;
    return type === undefined ? [] : [{ name, type }];
  });
  if (found.length === 0) {
    return undefined;
  }
  const { name, type } = random.pick(found);
  return {
    contract: withColumns(legal, (columns) =>
      columns.map((item) => (item.name === name ? { ...item, physicalType: type } : item)),
    ),
    template: withFields(legal, (fields) =>
      fields.map((field) => (field.Name === name ? { ...field, Type: type } : field)),
    ),
  };
}

function without(legal: Legal, name: string): Illegal {
  return {
    contract: withColumns(legal, (columns) => columns.filter((item) => item.name !== name)),
    template: withFields(legal, (fields) => fields.filter((field) => field.Name !== name)),
  };
}

function withColumns({ dataset, table }: Legal, change: (columns: TestColumn[]) => TestColumn[]): TestContract {
  const contract = contractOf(dataset, table);
  return { ...contract, columns: change(contract.columns) };
}

function withFields(legal: Legal, change: (fields: TemplateField[]) => TemplateField[]): TableTemplate {
  const { Schema } = legal.template.OpenTableFormatInput.IcebergInput.IcebergTableInput;
  return withInput(legal, { Schema: { ...Schema, Fields: change(Schema.Fields) } });
}

function withInput(
  { template }: Legal,
  change: Partial<TableTemplate['OpenTableFormatInput']['IcebergInput']['IcebergTableInput']>,
): TableTemplate {
  const { IcebergInput } = template.OpenTableFormatInput;
  const input = { ...IcebergInput, IcebergTableInput: { ...IcebergInput.IcebergTableInput, ...change } };
  return { ...template, OpenTableFormatInput: { IcebergInput: input } };
}

function nextId({ rows }: Legal): number {
  return Math.max(...rows.map(({ id }) => id)) + 1;
}
