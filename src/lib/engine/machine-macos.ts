import type { Machine } from './machine.ts';
import { cleanName, dottedNumber, processArchitecture } from './machine-words.ts';
import type { System } from './system.ts';

/** What a Mac is. */
export async function detectMacos(system: System): Promise<Machine> {
  const [version, translated, processor] = await Promise.all([
    system.run('/usr/bin/sw_vers', ['-productVersion']),
    // Source: https://developer.apple.com/documentation/apple-silicon/about-the-rosetta-translation-environment
    system.run('/usr/sbin/sysctl', ['-n', 'sysctl.proc_translated']),
    system.run('/usr/sbin/sysctl', ['-n', 'machdep.cpu.brand_string']),
  ]);
  const rosetta = translated?.trim() === '1';
  const architecture = rosetta ? 'arm64' : processArchitecture(system.architecture);
  const osVersion = dottedNumber(version) ?? /^\d{2}$/mu.exec(version?.trim() ?? '')?.[0];
  const name = cleanName(processor ?? '') ?? 'Apple silicon';
  return {
    os: 'macos',
    ...(osVersion === undefined ? {} : { osVersion }),
    architecture,
    rosetta,
    gpus: architecture === 'arm64' ? [{ vendor: 'apple', name }] : [],
    drivers: {},
  };
}
