import { Token, Tokenization } from 'aws-cdk-lib/core';
import { type Problem, didYouMean } from '../../private';

/** What Kafka takes as the value of a property. */
export interface ValueRule {
  readonly must: string;
  readonly accepts: (text: string) => boolean;
}

/** Properties by name, with what Kafka takes as their values. */
export interface ValueRules {
  readonly [name: string]: ValueRule;
}

/** `true` or `false`. */
export const BOOLEAN: ValueRule = { must: "'true' or 'false'", accepts: (text) => /^(true|false)$/.test(text) };

/** A whole number between two others. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): ValueRule {
  const must = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `between ${least} and ${most}`;
  return {
    must: `a whole number ${must}`,
    accepts: (text) => /^-?\d+$/.test(text) && Number(text) >= least && Number(text) <= most,
  };
}

/** A fraction of one. */
export const RATIO: ValueRule = {
  must: 'a number between 0 and 1',
  accepts: (text) => /^\d*\.?\d+$/.test(text) && Number(text) <= 1,
};

/** One of some words. */
export function oneOf(...words: string[]): ValueRule {
  return { must: `one of ${words.join(', ')}`, accepts: (text) => words.includes(text) };
}

/** What a map of properties is checked against. */
export interface ValueCheck {
  /** The prop that holds the map. */
  readonly path: string;
  /** The properties there are. */
  readonly rules: ValueRules;
  /** Properties that a prop of its own sets, by name. */
  readonly typed: { readonly [name: string]: string };
}

/** What is wrong with properties given as texts: unknown ones, those that have a prop of their own, and illegal values. */
export function valueProblems(given: { [name: string]: string }, check: ValueCheck): Problem[] {
  return Object.entries(given).flatMap(([name, got]) => {
    const path = `${check.path}.${name}`;
    const prop = check.typed[name];
    if (prop !== undefined) {
      return [{ path, must: `left to the prop '${prop}'`, got, remedy: `set ${prop} instead` }];
    }
    const rule = check.rules[name];
    if (rule === undefined) {
      const known = Object.keys(check.rules);
      return [{ path, must: 'a property that MSK lets you set', got, remedy: didYouMean(name, known) }];
    }
    return Token.isUnresolved(got) || rule.accepts(got)
      ? []
      : [{ path, must: rule.must, got, remedy: 'see the documentation of Apache Kafka' }];
  });
}

/** How many replicas must have a record and how many there are, by the names of their props. */
export interface Replication {
  readonly factorPath: string;
  readonly factor: number;
  readonly minInsync: number;
  /** The brokers of the cluster, when they are known. */
  readonly brokers?: number;
}

/** What is impossible in replication. */
export function replicationProblems({ factorPath, factor, minInsync, brokers }: Replication): Problem[] {
  if (Token.isUnresolved(factor) || Token.isUnresolved(minInsync)) {
    return [];
  }
  if (!Number.isInteger(factor) || factor < 1) {
    const remedy = 'use 3, one replica in each zone';
    return [{ path: factorPath, must: 'a whole number of at least 1', got: factor, remedy }];
  }
  const problems: Problem[] = [];
  if (brokers !== undefined && factor > brokers) {
    problems.push({
      path: factorPath,
      must: `at most ${brokers}, the number of brokers`,
      got: factor,
      remedy: 'replicate less, or use more brokers',
    });
  }
  if (!Number.isInteger(minInsync) || minInsync < 1 || minInsync > factor) {
    problems.push({
      path: 'minInsyncReplicas',
      must: `between 1 and ${factor}, the number of replicas`,
      got: minInsync,
      remedy: `use ${insyncOf(factor)}`,
    });
  }
  return problems;
}

/** As many as survive the loss of a replica, and two where that can be. */
export function insyncOf(factor: number): number {
  return !Token.isUnresolved(factor) && factor < 3 ? 1 : 2;
}

/** A value as a text, also one that is known only when the stack is deployed. */
export function rendered(value: number | boolean): string {
  return typeof value === 'boolean' ? String(value) : Tokenization.stringifyNumber(value);
}
