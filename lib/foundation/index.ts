export * from './acknowledge';
export * from './alert-topics';
export * from './lake-key';
export * from './lake-network';
export * from './rendered';
export * from './runtime-parameter';
