export { LakehouseError, type Problem, didYouMean, fail, failAll, problem } from './errors';
export { closest, editDistance } from './closest';
export { RememberingStack } from './remembering-stack';
export { sorted } from './sorted';
export { textOnce } from './text-once';
export { topicNameProblem } from './topic-name';
