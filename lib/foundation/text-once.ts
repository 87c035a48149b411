import {
  DefaultTokenResolver,
  type IPostProcessor,
  type IResolvable,
  type IResolveContext,
  Lazy,
  Token,
  Tokenization,
} from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/** Puts texts together as CloudFormation does, and remembers which token became which intrinsic function. */
class Remembering extends DefaultTokenResolver {
  private readonly tokens = new Map<string, IResolvable>();

  constructor() {
    super({ join: (left: unknown, right: unknown) => ({ 'Fn::Join': ['', [left, right]] }) });
  }

  public override resolveToken(token: IResolvable, context: IResolveContext, processor: IPostProcessor): unknown {
    const value: unknown = super.resolveToken(token, context, processor);
    if (isIntrinsic(value)) {
      this.tokens.set(JSON.stringify(value), token);
    }
    return value;
  }

  public tokenOf(value: unknown): string | undefined {
    const token = this.tokens.get(JSON.stringify(value));
    return token === undefined ? undefined : Token.asString(token);
  }
}

/**
 * The same text, for a long document of which little is known at deployment only: it is put together once, and what refers
 * to resources stays a token. CDK itself puts it together anew each time it looks at it, which it does three times.
 *
 * @param text a token, such as `toJsonString` gives
 * @internal
 */
export function textOnce(scope: IConstruct, text: string): string {
  return Lazy.string({ produce: () => referring(scope, text) ?? text });
}

/** The text with tokens for its intrinsic functions alone; undefined where one is not a token's own. */
function referring(scope: IConstruct, text: string): string | undefined {
  const resolver = new Remembering();
  const resolved: unknown = Tokenization.resolve(text, { scope, resolver });
  const parts = partsOf(resolved).map((part) => (typeof part === 'string' ? part : resolver.tokenOf(part)));
  return parts.includes(undefined) ? undefined : parts.join('');
}

/** What a text is joined from. */
function partsOf(resolved: unknown): unknown[] {
  const join: unknown = Object(resolved)['Fn::Join'];
  return Array.isArray(join) && join[0] === '' && Array.isArray(join[1]) ? join[1].flatMap(partsOf) : [resolved];
}

function isIntrinsic(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return false;
  }
  const [name = '', ...others] = Object.keys(value);
  return others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'));
}
