import type { Stack } from 'aws-cdk-lib/core';
import { fail } from '../private';
import { templateOf, textOf, withoutHashes, withoutPlumbing } from './template';
import { templateIn } from './template-file';

/**
 * The template of a stack as text for a snapshot: what you declared, and nothing that changes though nothing of yours did.
 *
 * Nested stacks stand inside it. CDK's bootstrap rule, parameter and metadata are left out, every hash of an asset reads
 * `<asset>`, and keys are in order, so that the same stack gives the same text on every machine and with every version
 * of CDK.
 *
 *     expect(testing.TemplateSnapshot.of(stack)).toMatchSnapshot();
 */
export class TemplateSnapshot {
  /**
   * The text of a stack. Synthesizes the app when that was not done yet.
   *
   * Fails when the stack is part of no app.
   *
   * @param stack the stack, nested or not
   */
  public static of(stack: Stack): string {
    return withoutHashes(textOf(withoutPlumbing(templateOf(stack))));
  }

  /**
   * The text of a template by itself, in the same form.
   *
   * Fails when it is no template.
   *
   * @param template a template in JSON
   */
  public static ofTemplate(template: string): string {
    const parsed = templateIn(template);
    if (parsed === undefined) {
      const remedy = "pass the text of what CDK synthesizes, or 'TemplateSnapshot.of' a stack";
      return fail({ path: 'template', must: 'a CloudFormation template in JSON', got: template, remedy });
    }
    return withoutHashes(textOf(withoutPlumbing(parsed)));
  }

  private constructor() {}
}
