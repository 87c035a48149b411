import { App, Stack, Token } from 'aws-cdk-lib/core';
import { LakehouseError, didYouMean, editDistance, fail, failAll, problem } from '../../lib/private';

const wrongZone = { path: 'zone', must: 'landing or silver', got: 'platinum', remedy: 'choose one of them' };

/** The error a call ends with. */
function errorOf(call: () => void): Error {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) {
      return error;
    }
  }
  throw new Error('expected an error');
}

describe('problem', () => {
  test('names the property, the rule, the value and the remedy in one line', () => {
    expect(problem(wrongZone)).toBe(`'zone' must be landing or silver, got "platinum"; choose one of them`);
  });

  test.each([
    [undefined, 'nothing'],
    [null, 'null'],
    [0, '0'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [10n, '10n'],
    [['a'], '["a"]'],
    [{ a: 1 }, '{"a":1}'],
    [Token.asNumber({ Ref: 'Days' }), '"${Token}"'],
    [{ days: Token.asNumber({ Ref: 'Days' }) }, '{"days":"${Token}"}'],
    ['two\nlines', '"two\\nlines"'],
    ['fa\u200Bre\u00A0\u202E', '"fa\\u200bre\\u00a0\\u202e"'],
    ['\u{E0041}', '"\\u{e0041}"'],
  ])('renders %p as %s', (got, shown) => {
    expect(problem({ ...wrongZone, got })).toContain(`got ${shown};`);
  });

  test('renders a value that refers to itself', () => {
    const got: Record<string, unknown> = {};
    got.self = got;
    expect(problem({ ...wrongZone, got })).toContain('got <ref *1> { self: [Circular *1] };');
  });

  test('shows 80 characters of a long value, its end among them', () => {
    const shown = /got (.*);/.exec(problem({ ...wrongZone, got: 'x'.repeat(500) + '.zip' }))?.[1];
    expect(shown).toHaveLength(80);
    expect(shown).toMatch(/^"x+…x+\.zip"$/);
  });
});

describe('fail', () => {
  test('throws a LakehouseError with the message', () => {
    const error = errorOf(() => fail(wrongZone));
    expect(error).toBeInstanceOf(LakehouseError);
    expect(error.name).toBe('LakehouseError');
    expect(error.message).toBe(problem(wrongZone));
  });

  test('appends where in the tree the construct is', () => {
    const stack = new Stack(new App(), 'Lake');
    expect(errorOf(() => fail(wrongZone, stack)).message).toBe(`${problem(wrongZone)} (at Lake)`);
  });
});

describe('failAll', () => {
  test('lets an empty list pass', () => {
    expect(failAll("environment 'prod'", [])).toBeUndefined();
  });

  test('counts and lists all problems', () => {
    expect(errorOf(() => failAll("environment 'prod'", ['first', 'second'])).message).toBe(
      "2 problems in environment 'prod':\n  - first\n  - second",
    );
  });

  test('speaks of one problem in the singular', () => {
    expect(errorOf(() => failAll('contracts', ['only'])).message).toBe('1 problem in contracts:\n  - only');
  });
});

describe('didYouMean', () => {
  test.each([
    ['flihgts', ['flights', 'weather'], "did you mean 'flights'?"],
    ['Silver', ['silver', 'gold'], "did you mean 'silver'?"],
    ['dve', ['dev', 'prod'], "did you mean 'dev'?"],
    ['platinum', ['silver', 'gold'], 'known are silver, gold'],
    ['x', [], 'none are known'],
  ])('%s among %p: %s', (name, known, said) => {
    expect(didYouMean(name, known)).toBe(said);
  });

  test('cuts a long list of known names', () => {
    const known = Array.from({ length: 15 }, (_, index) => `dataset_number_${index}`);
    expect(didYouMean('q', known)).toMatch(/dataset_number_11 and 3 more$/);
  });
});

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['kitten', 'sitting', 3],
    ['abc', '', 3],
    ['dve', 'dev', 1],
    ['same', 'same', 0],
  ])('from %p to %p is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });
});
