export * from './cost-assumptions';
export * from './cost-budget';
export * from './cost-estimate';
