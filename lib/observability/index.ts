export * from './lakehouse-alarms';
export * from './lakehouse-dashboard';
export * from './lakehouse-metrics';
