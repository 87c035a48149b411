export * from './lakehouse-checks';
