export { Claims } from './claims';
export { COMMAND } from './command';
export { LakehouseError, type Problem, didYouMean, fail, failAll, problem } from './errors';
export { closest, editDistance } from './closest';
export { sorted } from './sorted';
export { topicNameProblem } from './topic-name';
export { writeFile } from './write-file';
