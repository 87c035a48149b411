import type { IConstruct } from 'constructs';

/** Names that are taken once within what all who ask share: an app, a bucket, a cluster. */
export class Claims {
  private readonly taken = new WeakMap<object, Map<string, string>>();

  /** Takes a name for a construct; the path of who has it already, which stays theirs. */
  public take(within: object, name: string, construct: IConstruct): string | undefined {
    const names = this.taken.get(within) ?? new Map<string, string>();
    this.taken.set(within, names);
    const owner = names.get(name);
    if (owner === undefined) {
      names.set(name, construct.node.path);
    }
    return owner;
  }
}
