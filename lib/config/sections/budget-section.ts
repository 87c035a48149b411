import type { CostBudgetProps } from '../../cost';
import { emailProblems } from '../../foundation';
import { COMMAND, type Problem } from '../../private';
import type { LakehouseConfig } from '../lakehouse-config';
import { at, unless } from '../problems';

/** What a month may cost. */
export interface BudgetConfig {
  /** USD a month, more than 0. */
  readonly monthlyUsd: number;

  /**
   * The addresses that are told at every threshold, beside the topics.
   *
   * @default - only the topics
   */
  readonly emails?: string[];

  /**
   * Whether only what carries this environment's tags counts. The tag must be activated in the billing console.
   *
   * @default false
   */
  readonly byTag?: boolean;
}

/**
 * The properties of the budget that the values stand for; none where there is no budget.
 *
 * @internal
 */
export function budgetPropsOf({ budget, environment }: LakehouseConfig): Omit<CostBudgetProps, 'topics'> | undefined {
  return (
    budget && {
      monthlyLimit: budget.monthlyUsd,
      emails: budget.emails,
      tag: budget.byTag === true ? { name: 'environment', value: environment } : undefined,
    }
  );
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function budgetRules({ budget }: LakehouseConfig): Problem[] {
  if (budget === undefined) {
    return [];
  }
  return [
    ...unless(budget.monthlyUsd > 0, {
      path: 'budget.monthlyUsd',
      must: 'more than 0',
      got: budget.monthlyUsd,
      remedy: `see '${COMMAND} cost' for what the environment costs`,
    }),
    ...emailProblems('emails', budget.emails ?? []).map((found) => at('budget.emails', found)),
  ];
}
