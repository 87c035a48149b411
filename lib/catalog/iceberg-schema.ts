import type { CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IcebergType } from '../contracts';
import { sorted } from '../private';
import type { IcebergColumn, IcebergTableProps } from './iceberg-table-props';

/** An Iceberg type as its JSON form has it: a name, or an object with ids. */
export type TypeJson = string | { readonly [key: string]: unknown };

/** The parts of a table's input that the columns' ids hold together. */
type Structure = Pick<CfnTable.IcebergTableInputProperty, 'schema' | 'partitionSpec' | 'writeOrder'>;

/** Renders the schema, partition and sort order of a table as CloudFormation takes them. */
export function renderStructure(props: IcebergTableProps): Structure {
  const ids = new Map(props.columns.map((column) => [column.name, column.id]));
  const idOf = (name: string) => ids.get(name) ?? 0;
  // A set to Iceberg; sorted, so that the order of the key's columns changes nothing here.
  const identifiers = sorted((props.identifierColumns ?? []).map(idOf), (id) => id);
  const partitions = (props.partitionFields ?? []).map(({ column, transform, id, name }) => ({
    sourceId: idOf(column),
    transform: transform.toString(),
    fieldId: id,
    name: name ?? transform.fieldName(column),
  }));
  const sorts = (props.sortFields ?? []).map(({ column, direction, nulls }) => ({
    sourceId: idOf(column),
    transform: 'identity',
    direction,
    nullOrder: nulls,
  }));
  return {
    schema: {
      type: 'struct',
      // Glue computes the next schema id itself and wants 0 at each deploy.
      schemaId: 0,
      fields: props.columns.map(renderColumn),
      identifierFieldIds: identifiers.length === 0 ? undefined : identifiers,
    },
    partitionSpec: partitions.length === 0 ? undefined : { fields: partitions },
    writeOrder: sorts.length === 0 ? undefined : { orderId: 1, fields: sorts },
  };
}

function renderColumn(column: IcebergColumn): CfnTable.IcebergStructFieldProperty {
  const json = typeJson(column.type, column.nestedIds ?? {});
  return {
    id: column.id,
    name: column.name,
    type: typeof json === 'string' ? json : JSON.stringify(json),
    required: column.required ?? false,
    doc: column.doc,
  };
}

/**
 * The JSON form of a type.
 *
 * @param ids ids of the nested fields by their names from here on, joined by dots
 * @param path the names that lead here
 * @see https://iceberg.apache.org/spec/#appendix-c-json-serialization
 */
export function typeJson(type: IcebergType, ids: { [path: string]: number }, path: string = ''): TypeJson {
  const below = (name: string) => (path === '' ? name : `${path}.${name}`);
  const children = type.fields.map((field) => ({
    name: field.name,
    id: ids[below(field.name)],
    required: field.required ?? false,
    doc: field.doc,
    json: typeJson(field.type, ids, below(field.name)),
  }));
  const [first, second] = children;
  switch (type.kind) {
    case 'list':
      return { type: 'list', 'element-id': first?.id, element: first?.json, 'element-required': first?.required };
    case 'map':
      return {
        type: 'map',
        'key-id': first?.id,
        key: first?.json,
        'value-id': second?.id,
        value: second?.json,
        'value-required': second?.required,
      };
    case 'struct':
      return {
        type: 'struct',
        fields: children.map(({ id, name, required, json, doc }) => ({ id, name, required, type: json, doc })),
      };
    default:
      return type.kind;
  }
}

/** The names of all fields nested in a type, joined by dots, in order. */
export function nestedPaths(type: IcebergType, path: string = ''): string[] {
  return type.fields.flatMap((field) => {
    const here = path === '' ? field.name : `${path}.${field.name}`;
    return [here, ...nestedPaths(field.type, here)];
  });
}
