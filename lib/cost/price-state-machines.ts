import type { Pricer } from './charge';
import { type ClusterShape, priceShape } from './price-clusters';
import {
  type TemplateResource,
  at,
  joinedText,
  listAt,
  membersOf,
  numberAt,
  parsedText,
  textAt,
  valuesIn,
} from './template-reader';

/**
 * A state machine: its transitions, and the clusters it starts.
 *
 * One that starts clusters runs as often and as long as assumed. Another that waits in a circle watches over something
 * that always runs, so it always runs too; any other runs as often, once through.
 */
export function priceStateMachine({ name, properties }: TemplateResource, pricer: Pricer): void {
  const definition = definitionOf(properties);
  const machines = valuesIn(definition).filter((value) => at(value, 'States') !== undefined);
  if (machines.length === 0 || textAt(properties, 'StateMachineType') === 'EXPRESS') {
    pricer.unpriced.add(`${name}: an express state machine, or one whose definition is not in the template`);
    return;
  }
  const { hoursPerMonth, jobFlowRuns, jobFlowHours, jobFlowDuty } = pricer.assumed;
  const clusters = clustersIn(definition, name);
  const perHour = Math.max(...machines.map(circlesPerHour));
  const supervises = clusters.length === 0 && perHour > 0;
  const hours = supervises ? hoursPerMonth : jobFlowRuns * jobFlowHours;
  const once = machines.reduce<number>((sum, machine) => sum + Object.keys(statesOf(machine)).length, 0);
  pricer.add({
    service: 'Step Functions',
    item: `${name} transitions`,
    price: 'states.transitions',
    quantity: ((supervises ? 1 : jobFlowRuns) * once + hours * perHour) / 1000,
  });
  clusters.forEach((shape) => priceShape(shape, { hours, duty: jobFlowDuty }, pricer));
}

function definitionOf(properties: unknown): unknown {
  return at(properties, 'Definition') ?? parsedText(joinedText(at(properties, 'DefinitionString')));
}

/** The clusters that a machine starts: the parameters of RunJobFlow, wherever they stand. */
function clustersIn(definition: unknown, name: string): ClusterShape[] {
  return valuesIn(definition).flatMap((request) => {
    const fleets = listAt(request, 'Instances', 'InstanceFleets');
    const fleet = (type: string): unknown => fleets.find((each) => textAt(each, 'InstanceFleetType') === type);
    const limits = at(request, 'ManagedScalingPolicy', 'ComputeLimits');
    const rootGigabytes = numberAt(request, 'EbsRootVolumeSize');
    return at(request, 'Instances', 'InstanceFleets') === undefined
      ? []
      : [{ name, primary: fleet('MASTER'), core: fleet('CORE'), task: fleet('TASK'), limits, rootGigabytes }];
  });
}

function statesOf(machine: unknown): { [name: string]: unknown } {
  return membersOf(at(machine, 'States'));
}

/** The transitions of an hour in the fastest circle of a machine that waits a fixed time; 0 when there is none. */
function circlesPerHour(machine: unknown): number {
  const states = statesOf(machine);
  const rates = Object.entries(states).map(([name, state]) => {
    const seconds = textAt(state, 'Type') === 'Wait' ? numberAt(state, 'Seconds') : undefined;
    return seconds === undefined || seconds <= 0 ? 0 : (3600 / seconds) * circleLength(states, name);
  });
  return Math.max(0, ...rates);
}

/** How many states are gone through from a state back to it, the shortest way; 0 when no way leads back. */
function circleLength(states: { [name: string]: unknown }, start: string): number {
  const seen = new Set<string>();
  let reached = [start];
  for (let steps = 1; reached.length > 0; steps += 1) {
    reached = reached.flatMap((name) => nextOf(states[name])).filter((name) => !seen.has(name));
    if (reached.includes(start)) {
      return steps;
    }
    reached.forEach((name) => seen.add(name));
  }
  return 0;
}

/** Where a state goes when nothing fails. */
function nextOf(state: unknown): string[] {
  const choices = listAt(state, 'Choices').map((choice) => textAt(choice, 'Next'));
  return [textAt(state, 'Next'), textAt(state, 'Default'), ...choices].filter((name) => name !== undefined);
}
