import type { Place, TemplateResource, Templates } from './template';

/** How bad what a rule finds is: an error stops synthesis, a warning is reported. */
export type RuleSeverity = 'error' | 'warning';

/** What is looked for in templates. */
export interface Rule {
  /** What an answer to a finding names it by. */
  readonly id: string;
  readonly severity: RuleSeverity;
  /** What is wrong, and what comes of it. */
  readonly wrong: string;
  /** What to do about it. */
  readonly remedy: string;
  /** Where it is written. */
  readonly source: string;
  /** Where it is wrong. */
  readonly places: (templates: Templates) => Place[];
}

/**
 * Looks at each resource of the types by itself.
 *
 * @param wrong the properties that are wrong, each as a path such as `BrokerNodeGroupInfo.ClientSubnets`.
 */
export function eachResource(
  types: string[],
  wrong: (resource: TemplateResource, templates: Templates) => string[],
): Rule['places'] {
  return (templates) =>
    templates
      .ofType(...types)
      .flatMap((resource) => wrong(resource, templates).map((path) => resource.at(`Properties.${path}`)));
}
