export * from './athena-workgroup';
export * from './athena-workgroup-grants';
export * from './saved-query';
