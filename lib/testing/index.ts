export * from './finding';
export * from './replacement-guard';
export * from './template-snapshot';
