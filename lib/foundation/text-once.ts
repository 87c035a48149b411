import {
  DefaultTokenResolver,
  Fn,
  type IResolvable,
  type IResolveContext,
  Lazy,
  Reference,
  Token,
  Tokenization,
  type TokenizedStringFragments,
} from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/** Around the number of a token: characters that JSON leaves as they are, and that Unicode gives no meaning. */
const [OPEN, CLOSE] = ['\u{E000}', '\u{E001}'];
const MARKS = new RegExp(`${OPEN}(\\d+)${CLOSE}`, 'g');

const JOINED = {
  join: (left: unknown, right: unknown): unknown =>
    typeof left === 'string' && typeof right === 'string' ? left + right : { 'Fn::Join': ['', [left, right]] },
};

/** Puts texts together with marks where CloudFormation would have intrinsic functions. */
class Marking extends DefaultTokenResolver {
  private readonly tokens: IResolvable[] = [];

  constructor() {
    super(JOINED);
  }

  public override resolveString(fragments: TokenizedStringFragments, context: IResolveContext): unknown {
    return fragments.mapTokens({ mapToken: (token) => this.textOf(token, context) }).join(JOINED);
  }

  /** The text with a token for each mark: joined by CDK, which has no parts to find then, as it has in a text with tokens. */
  public unmark(text: string): string {
    // splitting gives texts and the numbers of tokens by turns
    const parts = text
      .split(MARKS)
      .map((part, index) => (index % 2 === 0 ? part : Token.asString(this.tokens[Number(part)])))
      .filter((part) => part !== '');
    return parts.length > 1 ? Fn.join('', parts) : (parts[0] ?? '');
  }

  private textOf(token: IResolvable, context: IResolveContext): unknown {
    // not worked out: it becomes a name, an ARN or a part of one, and JSON takes those as they are
    if (Reference.isReference(token)) {
      return this.mark(token);
    }
    const value: unknown = context.resolve(token);
    return isVerbatim(value) ? this.mark(token) : value;
  }

  private mark(token: IResolvable): string {
    return `${OPEN}${this.tokens.push(token) - 1}${CLOSE}`;
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
  const resolver = new Marking();
  const resolved: unknown = Tokenization.resolve(text, { scope, resolver });
  return typeof resolved === 'string' ? resolver.unmark(resolved) : undefined;
}

/** Whether it is an intrinsic function in which JSON escapes nothing, so that it can stand in a text as it is. */
function isVerbatim(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return false;
  }
  const [name = '', ...others] = Object.keys(value);
  return others.length === 0 && (name === 'Ref' || name.startsWith('Fn::')) && !JSON.stringify(value).includes('\\');
}
