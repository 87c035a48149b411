export * from './ingest-pipeline';
export * from './lake-facts';
