export * from './lake-storage';
export * from './zone-lifecycle';
