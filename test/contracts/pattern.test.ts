import { patternRemedy } from '../../lib/contracts/pattern';

const raw = String.raw;

describe('patternRemedy', () => {
  test.each([
    raw`^[A-Z]{2}\d+$`,
    raw`[\[\]&^-]`,
    raw`[a&b]+&&`,
    raw`\[[^\]]*\]`,
    raw`\\[ab\\]`,
    raw`(?<year>\d{4})-(?<m2>\d\d)`,
    raw`(?<=a)b(?<!c)d`,
    raw`[(?<_]`,
    raw`\(?<_`,
    raw`\bword\b\B`,
    raw`\u0041[\x08]\/`,
    raw`\p{L}\P{Lu}\p{ASCII}\p{Script=Greek}`,
    raw`\\0\\u\\p`,
    '',
  ])('has nothing against %j', (pattern) => {
    expect(patternRemedy(pattern)).toBeUndefined();
  });

  test.each([
    [raw`([A-Z`, 'correct its syntax'],
    [raw`(?i)abc`, 'correct its syntax'],
    [raw`a++`, 'correct its syntax'],
    [raw`[^]`, raw`write [\s\S] for any character, and something between brackets`],
    [raw`a[]b`, raw`write [\s\S] for any character, and something between brackets`],
    [raw`^[[A-Z]+$`, raw`write \[ between brackets`],
    [raw`[\]a[]`, raw`write \[ between brackets`],
    [raw`[a-z&&b]`, 'write & once between brackets'],
    [raw`[\b]`, raw`write \x08 between brackets`],
    [raw`(?<a_b>x)`, 'name groups by letters and digits'],
    [raw`[a](?<$a>x)`, 'name groups by letters and digits'],
    [raw`\0`, raw`write \x00`],
    [raw`\\\u{41}`, raw`write the character itself, or \u and four digits`],
    [raw`\p{Letter}`, raw`use a category of one or two letters, as \p{Lu}`],
  ])('tells of %j what to write in place of what Java reads otherwise', (pattern, remedy) => {
    expect(patternRemedy(pattern)).toBe(remedy);
  });
});
