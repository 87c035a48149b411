/** What a change does to a resource that holds data. */
export enum FindingKind {
  /** A create-only property changes, or refers to a resource that is replaced: a new and empty one takes its place. */
  REPLACED = 'REPLACED',
  /** A property changes that replaces it under conditions that no template tells, or a condition changes. */
  MAY_BE_REPLACED = 'MAY_BE_REPLACED',
  /** It is in the template no longer. */
  REMOVED = 'REMOVED',
  /** It has another logical id, which to CloudFormation is another resource. */
  RENAMED = 'RENAMED',
  /** It is in another nested stack, which to CloudFormation is another resource. */
  MOVED = 'MOVED',
  /** Its logical id belongs to a resource of another type, which CloudFormation refuses. */
  TYPE_CHANGED = 'TYPE_CHANGED',
  /** Its deletion or replacement policy no longer keeps what it kept. */
  PROTECTION_WEAKENED = 'PROTECTION_WEAKENED',
  /** It is changed in place, and data or what guards data is lost. */
  DATA_LOST = 'DATA_LOST',
  /** Its service refuses the update, so the deployment fails and is rolled back, often after half an hour. */
  UPDATE_REFUSED = 'UPDATE_REFUSED',
}

/** A change that loses what a resource holds. */
export interface ReplacementFinding {
  /** The logical id of the resource, before the change. */
  readonly logicalId: string;

  /** The path of its construct; the logical ids that lead to it, from the outer stack on, where there is no construct. */
  readonly path: string;

  /** The resource's type. */
  readonly type: string;

  /**
   * The property that changes, its names joined by dots.
   *
   * @default - the resource as a whole
   */
  readonly property?: string;

  /** What the change does. */
  readonly kind: FindingKind;

  /** What changes, and what that does. */
  readonly reason: string;

  /** What to do about it. */
  readonly remedy: string;
}
