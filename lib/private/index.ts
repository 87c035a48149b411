export { LakehouseError, type Problem, didYouMean, fail, failAll, problem } from './errors';
export { closest, editDistance } from './closest';
export { renderedProperties } from './rendered';
export { sorted } from './sorted';
export { topicNameProblem } from './topic-name';
