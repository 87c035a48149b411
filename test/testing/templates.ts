import type { ReplacementFinding } from '../../lib/testing';
import { ReplacementGuard } from '../../lib/testing';
import type { Template, TemplateResource } from '../../lib/testing/template-file';

export type Resources = { [id: string]: TemplateResource };

/** A template with these resources and nothing else. */
export function templateWith(Resources: Resources): Template {
  return { Resources };
}

/** What the guard finds when one set of resources becomes another. */
export function findings(before: Resources, after: Resources): ReplacementFinding[] {
  return ReplacementGuard._of(templateWith(before), templateWith(after)).findings;
}

/** The same, each finding in a word. */
export function found(before: Resources, after: Resources): string[] {
  return findings(before, after).map(({ kind, path, property }) =>
    [kind, path, ...(property === undefined ? [] : [property])].join(' '),
  );
}

/** What the guard finds when the properties of one resource change. */
export function changed(
  type: string,
  before: TemplateResource['Properties'],
  after: TemplateResource['Properties'],
): string[] {
  const resource = (Properties: TemplateResource['Properties']): Resources => ({ It: { Type: type, Properties } });
  return found(resource(before), resource(after)).map((text) => text.replace(' It', ''));
}

/** A deep copy, to be changed. */
export function copyOf(template: Template): Template {
  return structuredClone(template);
}
