export * from './iceberg-table';
export * from './iceberg-table-grants';
export * from './iceberg-table-props';
export * from './lake-catalog';
export * from './lake-catalog-grants';
export * from './table-optimizers';
