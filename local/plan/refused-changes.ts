import { FindingKind, ReplacementGuard } from '../../lib/testing';
import type { Template } from '../../lib/testing/template-file';
import type { RefusedChange } from './report';
import type { DeployedStack, StackTemplates, SynthesizedStack } from './stack-templates';

/** A stack as it would be deployed, and as it was. */
export interface StackPair {
  readonly after: SynthesizedStack;
  /** Undefined where it is not deployed yet. */
  readonly before: DeployedStack | undefined;
}

/** Changes that a service would refuse after a while, as MSK does two at once. Replacements are the guard's own to tell. */
export function refusedChanges({ after, before }: StackPair): RefusedChange[] {
  if (before === undefined) {
    return [];
  }
  return ReplacementGuard._of(templateOf(before), templateOf(after))
    .findings.filter(({ kind }) => kind === FindingKind.UPDATE_REFUSED)
    .map(({ path, reason, remedy }) => ({ resource: `${after.name}/${path}`, problem: `${reason}; ${remedy}` }));
}

function templateOf({ sources: [outer] }: StackTemplates): Template {
  const template: Template = outer?.body ?? {};
  return template;
}
