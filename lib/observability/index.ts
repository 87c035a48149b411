export * from './lakehouse-alarms';
export * from './lakehouse-dashboards';
export * from './lakehouse-metrics';
export * from './missing-data';
export * from './saved-log-queries';
export * from './watch';
export * from './watch-parts';
