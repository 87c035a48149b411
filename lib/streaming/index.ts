export * from './kafka-brokers';
export * from './kafka-cluster';
export * from './kafka-cluster-base';
export * from './kafka-configuration';
export * from './kafka-topic';
export * from './kafka-topic-grants';
export * from './kafka-topic-props';
export * from './kafka-version';
