/**
 * Orders versions by their numbers, as `sort` wants it: `9.10` after `9.9`, `13` like `13.0`.
 * A part that is no number counts as 0.
 */
export function compareVersions(left: string, right: string): number {
  const [one, other] = [numbers(left), numbers(right)];
  for (let index = 0; index < Math.max(one.length, other.length); index += 1) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether a version is at least another: `2.36` is at least `2.35`. */
export function isAtLeast(version: string, floor: string): boolean {
  return compareVersions(version, floor) >= 0;
}

/** The first number: 13 of `13.4`. */
export function majorVersion(version: string): number {
  return numbers(version)[0] ?? 0;
}

function numbers(version: string): number[] {
  return version.split('.').map((part) => Number(/^\d+/u.exec(part)?.[0] ?? 0));
}
