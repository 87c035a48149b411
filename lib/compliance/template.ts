import { type Json, dig, isJson, isLiteral, listOf, textOf } from './values';

/** Where a template is deployed to, as far as it is known. */
export interface TemplateHome {
  readonly account?: string;
  readonly region?: string;
}

/** A template as it was written, and the resource it is nested by. */
export interface TemplateSource {
  /** What it is called by; no two have the same. */
  readonly file: string;
  readonly body: unknown;
  readonly home?: TemplateHome;
  /** The template around a nested one, and the logical id of the nested stack in it. */
  readonly nestedIn?: { readonly file: string; readonly id: string };
}

/** A place in a template that something is to be said about. */
export interface Place {
  readonly file: string;
  /** The logical id of the resource, output or parameter. */
  readonly id: string;
  readonly location: string;
}

/** A resource of a template; its properties are as plain as they can be before deployment. */
export class TemplateResource {
  readonly type: string;
  private resolved: Json | undefined;

  constructor(
    readonly template: Template,
    readonly id: string,
    readonly body: Json,
  ) {
    this.type = textOf(body.Type) ?? '';
  }

  /** Its properties, where a reference to a resource is `${file#Id}` or `${file#Id.Attribute}`. */
  get properties(): Json {
    if (this.resolved === undefined) {
      const value = this.template.plain(this.body.Properties);
      this.resolved = isJson(value) ? value : {};
    }
    return this.resolved;
  }

  /** A property of it as a place. */
  at(property: string): Place {
    return { file: this.template.file, id: this.id, location: property };
  }

  /** Whether a text refers to it, alone or within more. */
  isIn(text: string): boolean {
    return (
      text.includes(`\${${this.template.file}#${this.id}}`) || text.includes(`\${${this.template.file}#${this.id}.`)
    );
  }
}

/** A template among others that it may refer to. */
export class Template {
  readonly file: string;
  readonly resources: TemplateResource[];
  private readonly byId: Map<string, TemplateResource>;
  private readonly body: Json;

  constructor(
    private readonly source: TemplateSource,
    private readonly all: Templates,
  ) {
    this.file = source.file;
    this.body = isJson(source.body) ? source.body : {};
    this.resources = entries(this.body.Resources).map(([id, body]) => new TemplateResource(this, id, body));
    this.byId = new Map(this.resources.map((resource) => [resource.id, resource]));
  }

  /** The resource of a logical id. */
  resource(id: string): TemplateResource | undefined {
    return this.byId.get(id);
  }

  /** Its outputs by logical id. */
  get outputs(): [string, Json][] {
    return entries(this.body.Outputs);
  }

  /** Its parameters by logical id. */
  get parameters(): [string, Json][] {
    return entries(this.body.Parameters);
  }

  /** The value with every intrinsic function carried out that can be before deployment. */
  plain(value: unknown): unknown {
    if (Array.isArray(value)) {
      return value.map((item) => this.plain(item)).filter((item) => item !== undefined);
    }
    if (!isJson(value)) {
      return value;
    }
    const [name = '', ...others] = Object.keys(value);
    if (others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
      return this.call(name, value[name]);
    }
    const members = Object.entries(value).map(([key, member]) => [key, this.plain(member)] as const);
    return Object.fromEntries(members.filter(([, member]) => member !== undefined));
  }

  private call(name: string, argument: unknown): unknown {
    switch (name) {
      case 'Ref':
        return this.reference(String(argument));
      case 'Fn::GetAtt':
        return this.attribute(typeof argument === 'string' ? argument.split('.') : listOf(argument).map(String));
      case 'Fn::Join':
        return this.joined(argument);
      case 'Fn::Sub':
        return this.substituted(argument);
      case 'Fn::Select':
        return this.selected(argument);
      case 'Fn::Base64':
        return this.encoded(argument);
      case 'Fn::ImportValue':
        return this.all.exported(String(this.plain(argument))) ?? unknownValue(name);
      default:
        return unknownValue(name);
    }
  }

  private reference(id: string): unknown {
    const { account, region } = this.source.home ?? {};
    const known: Json = { 'AWS::Region': region, 'AWS::AccountId': account };
    if (id === 'AWS::NoValue') {
      return undefined;
    }
    if (id.startsWith('AWS::')) {
      return known[id] ?? `\${${id}}`;
    }
    return dig(this.body.Parameters, id) === undefined ? `\${${this.file}#${id}}` : this.parameter(id);
  }

  /** What the template around this one passes; the parameters of others are known at deployment only. */
  private parameter(id: string): unknown {
    const { nestedIn } = this.source;
    const around = nestedIn && this.all.template(nestedIn.file);
    const passed = around && dig(around.body.Resources, nestedIn.id, 'Properties', 'Parameters', id);
    return passed === undefined ? `\${${id}}` : around?.plain(passed);
  }

  private attribute([id = '', ...rest]: string[]): unknown {
    const attribute = rest.join('.');
    const [, output] = /^Outputs\.(\w+)$/.exec(attribute) ?? [];
    const nested = output === undefined ? undefined : this.all.nestedBy(this.file, id);
    const value = nested && output !== undefined ? dig(nested.body.Outputs, output, 'Value') : undefined;
    return value === undefined ? `\${${this.file}#${id}.${attribute}}` : nested?.plain(value);
  }

  private joined(argument: unknown): unknown {
    const [delimiter, parts] = listOf(argument);
    const plain = this.plain(parts);
    return Array.isArray(plain) ? plain.map(String).join(String(delimiter)) : unknownValue('Fn::Join');
  }

  private substituted(argument: unknown): unknown {
    const [text, given] = listOf(argument);
    return String(text).replaceAll(/\$\{(!?)([^}]+)\}/g, (whole, escaped: string, name: string) => {
      if (escaped === '!') {
        return whole.replace('!', '');
      }
      const value = dig(given, name);
      const [id = '', ...attribute] = name.split('.');
      const found = attribute.length > 0 ? this.attribute([id, ...attribute]) : this.reference(name);
      return String(value === undefined ? found : this.plain(value));
    });
  }

  private selected(argument: unknown): unknown {
    const [index, list] = listOf(argument);
    const plain = this.plain(list);
    return Array.isArray(plain) ? plain[Number(index)] : unknownValue('Fn::Select');
  }

  private encoded(argument: unknown): unknown {
    const text = this.plain(argument);
    return typeof text === 'string' && isLiteral(text)
      ? Buffer.from(text).toString('base64')
      : unknownValue('Fn::Base64');
  }
}

/** All templates of an app. */
export class Templates {
  readonly all: Template[];
  private readonly byFile: Map<string, Template>;
  private readonly byParent: Map<string, Template>;
  private readonly byType = new Map<string, TemplateResource[]>();
  private exports: Map<string, unknown> | undefined;

  constructor(sources: TemplateSource[]) {
    this.all = sources.map((source) => new Template(source, this));
    this.byFile = new Map(this.all.map((template) => [template.file, template]));
    for (const resource of this.all.flatMap(({ resources }) => resources)) {
      const others = this.byType.get(resource.type) ?? [];
      others.push(resource);
      this.byType.set(resource.type, others);
    }
    this.byParent = new Map(
      sources.flatMap(({ file, nestedIn }) => {
        const template = this.template(file);
        return nestedIn && template ? [[`${nestedIn.file}#${nestedIn.id}`, template] as const] : [];
      }),
    );
  }

  /** The template of a file. */
  template(file: string): Template | undefined {
    return this.byFile.get(file);
  }

  /** The template that a nested stack deploys. */
  nestedBy(file: string, id: string): Template | undefined {
    return this.byParent.get(`${file}#${id}`);
  }

  /** The resources of the types. */
  ofType(...types: string[]): TemplateResource[] {
    return types.flatMap((type) => this.byType.get(type) ?? []);
  }

  /** The resource that a value refers to and nothing else, if it is in one of the templates. */
  referredBy(value: unknown): TemplateResource | undefined {
    const [, file, id] = /^\$\{([^#}]+)#(\w+)(?:\.[\w.]+)?\}$/.exec(textOf(value) ?? '') ?? [];
    return file === undefined || id === undefined ? undefined : this.template(file)?.resource(id);
  }

  /** The value of an export. */
  exported(name: string): unknown {
    this.exports ??= new Map(
      this.all.flatMap((template) =>
        template.outputs.flatMap(([, output]) => {
          const key = template.plain(dig(output, 'Export', 'Name'));
          return typeof key === 'string' ? [[key, template.plain(output.Value)] as const] : [];
        }),
      ),
    );
    return this.exports.get(name);
  }
}

/** What takes the place of a value that only the deployment knows. */
function unknownValue(name: string): string {
  return `\${${name}}`;
}

function entries(value: unknown): [string, Json][] {
  return isJson(value) ? Object.entries(value).filter((entry): entry is [string, Json] => isJson(entry[1])) : [];
}
