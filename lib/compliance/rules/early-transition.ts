import { eachResource, type Rule } from '../rule';
import { dig, listOf, numberOf, textOf } from '../values';

/** The days an object must be old before S3 takes it into a class. */
const MINIMUM_AGE: { readonly [storageClass: string]: number } = { STANDARD_IA: 30, ONEZONE_IA: 30 };

/** S3 refuses these rules, at deployment. */
export const earlyTransition: Rule = {
  id: 'early-transition',
  severity: 'error',
  wrong: 'A lifecycle rule moves objects to an infrequent access class before 30 days, or not before they expire.',
  remedy: 'Move them at 30 days or later, and let them expire after their last move.',
  source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html',
  places: eachResource(['AWS::S3::Bucket'], ({ properties }) =>
    listOf(dig(properties, 'LifecycleConfiguration', 'Rules')).flatMap((rule, index) =>
      isEarly(rule) ? [`LifecycleConfiguration.Rules.${index}`] : [],
    ),
  ),
};

function isEarly(rule: unknown): boolean {
  const expiration = numberOf(dig(rule, 'ExpirationInDays')) ?? Number.POSITIVE_INFINITY;
  return [...listOf(dig(rule, 'Transition')), ...listOf(dig(rule, 'Transitions'))].some((move) => {
    const days = numberOf(dig(move, 'TransitionInDays'));
    const minimum = MINIMUM_AGE[textOf(dig(move, 'StorageClass')) ?? ''] ?? 0;
    return days !== undefined && (days < minimum || days >= expiration);
  });
}
