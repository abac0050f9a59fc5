import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';

/** Whether a path is a file that may be run; on Windows whether it is a file. */
export async function isExecutable(file: string, platform: NodeJS.Platform): Promise<boolean> {
  try {
    if (!(await stat(file)).isFile()) return false;
    await access(file, platform === 'win32' ? constants.F_OK : constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The file name of a program of an archive for this system. */
export function programName(name: string, platform: NodeJS.Platform): string {
  return platform === 'win32' ? `${name}.exe` : name;
}
