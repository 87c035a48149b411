const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A whole number with thousands separated: `336,776`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Bytes in the largest decimal unit that keeps the number above 1: `1.4 MB`. */
export function bytes(value: number): string {
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < UNITS.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${unit === 0 ? rest : rest.toFixed(rest < 10 ? 1 : 0)} ${UNITS[unit]}`;
}

/** Seconds with one decimal: `12.3`. */
export function seconds(value: number): string {
  return value.toFixed(1);
}

/** Minutes and seconds for people: `2 min 31 s`. */
export function duration(value: number): string {
  const whole = Math.round(value);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A moment to the minute, in UTC: `2026-11-23 10:49 UTC`. */
export function moment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
