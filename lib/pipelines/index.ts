export * from './batch-dags';
export * from './ingest-pipeline';
export * from './lake-facts';
export * from './lake-watches';
export * from './quality-pipeline';
export * from './stream-pipeline';
export * from './transform-pipeline';
