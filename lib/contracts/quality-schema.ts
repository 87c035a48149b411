import { z } from 'zod';

/** The operators of the standard's quality rules, and what they mean of a number. */
export const OPERATORS = {
  mustBe: '=',
  mustNotBe: '!=',
  mustBeGreaterThan: '>',
  mustBeGreaterOrEqualTo: '>=',
  mustBeLessThan: '<',
  mustBeLessOrEqualTo: '<=',
  mustBeBetween: 'between',
  mustNotBeBetween: 'not between',
} as const;

const RANGE = z.array(z.number()).length(2, 'two numbers; write the smallest and the largest').optional();

/** A quality rule. */
export const QUALITY = z.looseObject({
  type: z.enum(['text', 'library', 'sql', 'custom']).optional(),
  metric: z.string().optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  arguments: z
    .looseObject({
      validValues: z.array(z.unknown()).optional(),
      pattern: z.string().optional(),
      properties: z.array(z.string()).optional(),
    })
    .optional(),
  query: z.string().optional(),
  mustBe: z.number().optional(),
  mustNotBe: z.number().optional(),
  mustBeGreaterThan: z.number().optional(),
  mustBeGreaterOrEqualTo: z.number().optional(),
  mustBeLessThan: z.number().optional(),
  mustBeLessOrEqualTo: z.number().optional(),
  mustBeBetween: RANGE,
  mustNotBeBetween: RANGE,
});

/** A quality rule that kept its schema. */
export type QualityItem = z.infer<typeof QUALITY>;

/** Every key the standard has in a quality rule. */
export const QUALITY_KEYS = [
  ...Object.keys(QUALITY.shape),
  'id',
  'authoritativeDefinitions',
  'businessImpact',
  'customProperties',
  'dimension',
  'engine',
  'implementation',
  'method',
  'rule',
  'schedule',
  'scheduler',
  'severity',
  'tags',
  'unit',
];

/** Columns that refer to those of another dataset. */
export const RELATIONSHIP = z.looseObject({
  type: z.enum(['foreignKey']).optional(),
  from: z.union([z.string(), z.array(z.string())]).optional(),
  to: z.union([z.string(), z.array(z.string())]),
});

/** Every key the standard has in a relationship. */
export const RELATIONSHIP_KEYS = [...Object.keys(RELATIONSHIP.shape), 'id', 'customProperties'];
