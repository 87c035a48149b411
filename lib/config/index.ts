export * from './lakehouse-config';
export * from './resolve';
export * from './validate';
export * from './warnings';
