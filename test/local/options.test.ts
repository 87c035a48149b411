import { parseUpArguments } from '../../local/options';

describe('parseUpArguments', () => {
  it('loads two months of dev and stops everything unless told', () => {
    expect(parseUpArguments([])).toEqual({ env: 'dev', months: 2, keep: false });
  });

  it('takes --full as the whole year', () => {
    expect(parseUpArguments(['--full', '--keep'])).toEqual({ env: 'dev', months: 12, keep: true });
  });

  it('takes ports', () => {
    expect(
      parseUpArguments(['--endpoint-port', '4566', '--postgres-port', '5432', '--kafka-port', '9092']),
    ).toMatchObject({
      endpointPort: 4566,
      postgresPort: 5432,
      kafkaPort: 9092,
    });
  });

  it('returns exit code 0 for --help', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(parseUpArguments(['--help'])).toBe(0);
    expect(write.mock.calls.join('')).toContain('--months <n>');
    write.mockRestore();
  });

  it('fails when the months are no month', () => {
    expect(() => parseUpArguments(['--months', '13'])).toThrow(
      '\'--months\' must be a whole number from 1 to 12, got "13"',
    );
  });

  it('fails when an option is unknown', () => {
    expect(() => parseUpArguments(['--fulll'])).toThrow("did you mean '--full'?");
  });
});
