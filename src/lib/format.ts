const DECIMAL_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

function scaled(bytes: number, base: number, units: readonly string[]): string {
  let value = bytes;
  let unit = 0;
  // 0.9995 so that a value which would round to "1000 kB" is shown as "1.00 MB".
  while (value >= base * 0.9995 && unit < units.length - 1) {
    value /= base;
    unit += 1;
  }
  if (unit === 0) return `${Math.round(value)} ${units[0]}`;
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** A size on disk or on the wire: bytes as kB, MB, GB (1000-based), three significant digits. */
export function formatDiskSize(bytes: number): string {
  return scaled(bytes, 1000, DECIMAL_UNITS);
}

/** A size in memory: bytes as KiB, MiB, GiB (1024-based), three significant digits. */
export function formatMemorySize(bytes: number): string {
  return scaled(bytes, 1024, BINARY_UNITS);
}

/** A rate: bytes per second as `12.3 MB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatDiskSize(bytesPerSecond)}/s`;
}

/** A duration in seconds as `8 s`, `3 min 05 s`, `2 h 14 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

interface Age {
  /** Seconds up to which it is told in this unit. */
  readonly limit: number;
  /** Seconds of one. */
  readonly unit: number;
  readonly name: string;
}

const AGES: readonly Age[] = [
  { limit: 3600, unit: 60, name: 'minute' },
  { limit: 86_400, unit: 3600, name: 'hour' },
  { limit: 86_400 * 14, unit: 86_400, name: 'day' },
  { limit: 86_400 * 60, unit: 86_400 * 7, name: 'week' },
  { limit: 86_400 * 730, unit: 86_400 * 30.44, name: 'month' },
  { limit: Number.POSITIVE_INFINITY, unit: 86_400 * 365.25, name: 'year' },
];

/** How long ago a moment was, for people: `just now`, `5 minutes ago`, `3 weeks ago`. */
export function formatAge(moment: Date, now: Date): string {
  const seconds = (now.getTime() - moment.getTime()) / 1000;
  if (seconds < 60) return 'just now';
  for (const age of AGES) {
    if (seconds < age.limit) return `${formatCount(Math.floor(seconds / age.unit), age.name)} ago`;
  }
  return 'long ago';
}

/** A whole number with its noun: `1 file`, `3 files`. */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** Parameters as models are called by: `8.03B`, `494M`; empty where nobody knows. */
export function formatParameters(parameters: number | undefined): string {
  return parameters === undefined ? '' : formatAmount(parameters, ['', 'K', 'M', 'B', 'T']);
}

/** A count for people, three digits of it or all before the point: `950`, `12.3k`, `4.56M`, `1000T`. */
export function formatAmount(
  count: number,
  units: readonly string[] = ['', 'k', 'M', 'B', 'T'],
): string {
  let value = count;
  let unit = 0;
  // So that what rounds to 1000 is the next unit's 1.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const isWhole = unit === 0 || value >= 999.5;
  const text = isWhole ? String(Math.round(value)) : value.toPrecision(3);
  return `${text.includes('.') ? text.replace(/\.?0+$/u, '') : text}${units[unit] ?? ''}`;
}
