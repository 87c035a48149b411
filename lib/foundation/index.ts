export { AlertTopics, type AlertTopicsProps, Severity } from './alert-topics';
export { LakeKey, type LakeKeyProps } from './lake-key';
export { LakeNetwork, type LakeNetworkProps } from './lake-network';
export { RuntimeParameter, type RuntimeFacts, type RuntimeParameterProps } from './runtime-parameter';
