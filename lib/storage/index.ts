export * from './lake-storage';
export * from './lifecycle-problems';
export * from './storage-tier';
export * from './zone-lifecycle';
