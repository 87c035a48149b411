export * from './acknowledge';
export * from './alert-topics';
export * from './lake-key';
export * from './lake-network';
export * from './remembering-stack';
export * from './rendered';
export * from './runtime-parameter';
export * from './text-once';
