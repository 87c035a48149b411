export * as catalog from './catalog';
export * as config from './config';
export * as contracts from './contracts';
export * as foundation from './foundation';
export * as observability from './observability';
export * as processing from './processing';
export * as storage from './storage';
export * from './lakehouse-stack';
