export * from './lakehouse-config';
export * from './removal-policy';
export * from './sections';
export { markAll } from './tags';
export * from './validate';
export * from './warnings';
