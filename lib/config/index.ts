export * from './lakehouse-config';
export * from './removal-policy';
export * from './sections';
export * from './validate';
export * from './warnings';
