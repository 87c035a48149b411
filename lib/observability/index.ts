export { LakehouseAlarms, type LakehouseAlarmsProps } from './lakehouse-alarms';
export { LakehouseDashboard, type LakehouseDashboardProps } from './lakehouse-dashboard';
export { LakehouseMetrics } from './lakehouse-metrics';
