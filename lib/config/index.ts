export * from './lakehouse-config';
export * from './sections';
export * from './validate';
export * from './warnings';
