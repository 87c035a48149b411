import type { TemplateSource } from '../../lib/compliance/template';
import type { Template } from '../../lib/testing/template-file';

/** The templates of a stack: its own and those of the stacks nested in it. */
export interface StackTemplates {
  /** The name of the stack, which is that of its own template. A nested one has the logical ids behind it, `Lake/Domain`. */
  readonly name: string;
  readonly sources: TemplateSource[];
}

/** A stack as the app makes it. */
export interface SynthesizedStack extends StackTemplates {
  /** The region it is for; undefined when the app leaves it open. */
  readonly region: string | undefined;
}

/** A stack as it was deployed last. */
export interface DeployedStack extends StackTemplates {
  /** What resources are called, by `template#LogicalId`. */
  readonly physicalIds: Map<string, string>;
}

/** The templates of a stack, the outer one first. */
export function sourcesOf(name: string, template: Template, nestedIn?: TemplateSource['nestedIn']): TemplateSource[] {
  const nested = Object.entries(template.Resources ?? {}).flatMap(([id, { NestedTemplate: inner }]) =>
    inner === undefined ? [] : sourcesOf(nestedName(name, id), inner, { file: name, id }),
  );
  return [{ file: name, body: template, nestedIn }, ...nested];
}

/** What the template of a nested stack is called. */
export function nestedName(outer: string, id: string): string {
  return `${outer}/${id}`;
}
