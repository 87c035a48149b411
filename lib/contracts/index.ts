export * from './contract-source';
export * from './data-contract';
export * from './data-contracts';
export * from './iceberg-type';
export * from './partition-transform';
export * from './table-spec';
export * from './zone';
export * from './schema-lock';
