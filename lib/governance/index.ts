export * from './lake-governance';
