import { type Json, type Members, at, isMembers, plain } from './json';
import type { Template, TemplateResource } from './template-file';

/** A resource of a stack or of a stack nested in it. */
export interface FlatResource {
  /** The logical ids that lead to it, joined by `/`: its own alone when it is in no nested stack. */
  readonly address: string;
  readonly logicalId: string;
  readonly type: string;
  /** Its properties; what refers to something else does so by address, over the borders of nested stacks too. */
  readonly properties: Members;
  readonly deletionPolicy: string | undefined;
  readonly updateReplacePolicy: string | undefined;
  /** The condition it exists under: its own, and those of the nested stacks that it is in. */
  readonly condition: Json | undefined;
}

/** All resources of a template and of those nested in it, by address. */
export function flattened(template: Template): Map<string, FlatResource> {
  const found = new Map<string, FlatResource>();
  collect(new Scope(template, ''), found);
  return found;
}

function collect(scope: Scope, found: Map<string, FlatResource>, around: Json[] = []): void {
  for (const [logicalId, resource] of Object.entries(scope.template.Resources ?? {})) {
    const address = scope.addressOf(logicalId);
    const conditions = resource.Condition === undefined ? around : [...around, scope.condition(resource.Condition)];
    found.set(address, {
      address,
      logicalId,
      type: resource.Type,
      properties: scope.members(resource.Properties ?? {}),
      deletionPolicy: resource.DeletionPolicy,
      updateReplacePolicy: resource.UpdateReplacePolicy,
      condition: conditions.length > 1 ? { 'Fn::And': conditions } : conditions[0],
    });
    const nested = scope.nested(logicalId);
    if (nested !== undefined) {
      collect(nested, found, conditions);
    }
  }
}

/** The addresses of resources that a value refers to. */
export function referencesIn(value: Json | undefined): string[] {
  if (Array.isArray(value)) {
    return value.flatMap(referencesIn);
  }
  if (!isMembers(value)) {
    return [];
  }
  const { Ref: ref, 'Fn::GetAtt': attribute } = value;
  if (typeof ref === 'string') {
    return [ref];
  }
  const address = Array.isArray(attribute) ? attribute[0] : undefined;
  return typeof address === 'string' ? [address] : Object.values(value).flatMap(referencesIn);
}

/** One template within the whole: knows what its names mean outside it. */
class Scope {
  constructor(
    readonly template: Template,
    private readonly prefix: string,
    private readonly parent?: { readonly scope: Scope; readonly resource: TemplateResource },
  ) {}

  addressOf(id: string): string {
    return `${this.prefix}${id}`;
  }

  nested(id: string): Scope | undefined {
    const resource = this.template.Resources?.[id];
    return resource?.NestedTemplate === undefined
      ? undefined
      : new Scope(resource.NestedTemplate, `${this.addressOf(id)}/`, { scope: this, resource });
  }

  members(value: Members): Members {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, member === undefined ? undefined : this.canonical(member)]),
    );
  }

  /** What a condition says, not what it is called. */
  condition(name: string): Json {
    return this.canonical(this.template.Conditions?.[name] ?? name);
  }

  canonical(value: Json): Json {
    if (Array.isArray(value)) {
      return value.map((item) => this.canonical(item));
    }
    if (!isMembers(value)) {
      return value;
    }
    const [[name, argument] = ['', null], ...more] = Object.entries(value);
    const meaning = more.length === 0 && argument !== undefined ? this.intrinsic(name, argument) : undefined;
    return meaning ?? this.members(value);
  }

  private intrinsic(name: string, argument: Json): Json | undefined {
    if (name === 'Ref' && typeof argument === 'string') {
      return this.reference(argument);
    }
    if (name === 'Fn::GetAtt') {
      return this.attribute(argument);
    }
    if (name === 'Fn::Sub') {
      return this.substitution(argument);
    }
    if (name === 'Condition' && typeof argument === 'string') {
      return this.condition(argument);
    }
    const [first, ...rest] = Array.isArray(argument) ? argument : [];
    if (name === 'Fn::If' && typeof first === 'string') {
      return { 'Fn::If': [this.condition(first), ...rest.map((item) => this.canonical(item))] };
    }
    if (name === 'Fn::FindInMap' && typeof first === 'string') {
      return {
        'Fn::FindInMap': [this.template.Mappings?.[first] ?? first, ...rest.map((item) => this.canonical(item))],
      };
    }
    return undefined;
  }

  private reference(id: string): Json {
    if (id.startsWith('AWS::')) {
      return { Ref: id };
    }
    const parameter = this.template.Parameters?.[id];
    if (parameter === undefined) {
      return { Ref: this.addressOf(id) };
    }
    const given = at(this.parent?.resource.Properties, 'Parameters', id);
    if (given !== undefined && this.parent !== undefined) {
      return this.parent.scope.canonical(given);
    }
    return { Parameter: id, Default: parameter.Default };
  }

  private attribute(argument: Json): Json {
    const [id = '', attribute = ''] = Array.isArray(argument) ? argument : splitOnce(plain(argument));
    const output = typeof attribute === 'string' ? attribute.replace(/^Outputs\./, '') : '';
    const nested = this.nested(plain(id));
    const value = nested?.template.Outputs?.[output]?.Value;
    if (nested !== undefined && value !== undefined) {
      return nested.canonical(value);
    }
    return { 'Fn::GetAtt': [this.addressOf(plain(id)), this.canonical(attribute)] };
  }

  /** Every name in the text is given its meaning, as if it had been spelled out. */
  private substitution(argument: Json): Json | undefined {
    const [text, given] = Array.isArray(argument) ? argument : [argument];
    if (typeof text !== 'string') {
      return undefined;
    }
    const own = isMembers(given) ? given : {};
    const names = [...text.matchAll(/\$\{([^!}][^}]*)\}/g)].map(([, name = '']) => name.trim());
    const meanings = names.map((name): [string, Json] => {
      const member = own[name];
      if (member !== undefined) {
        return [name, this.canonical(member)];
      }
      return [name, name.includes('.') ? this.attribute(name) : this.reference(name)];
    });
    return { 'Fn::Sub': [text, Object.fromEntries(meanings)] };
  }
}

function splitOnce(text: string): string[] {
  const dot = text.indexOf('.');
  return dot < 0 ? [text] : [text.slice(0, dot), text.slice(dot + 1)];
}
