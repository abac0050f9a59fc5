import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, test } from 'vitest';

import { llamaConfigFiles } from '../../../src/lib/engine/user-config.ts';

test("llama.cpp's own settings are found where it reads them on each system", async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'llamero-config-'));
  const file = async (...parts: string[]): Promise<string> => {
    const full = path.join(home, ...parts, 'llama.cpp', 'config.ini');
    await mkdir(path.dirname(full), { recursive: true });
    await writeFile(full, '');
    return full;
  };
  try {
    const look = (environment: Record<string, string>, platform: NodeJS.Platform) =>
      llamaConfigFiles({ environment, homeDirectory: home, platform });
    expect(await look({}, 'linux')).toEqual([]);
    const own = await file('.config');
    const moved = await file('moved');
    const shared = await file('shared');
    expect(await look({}, 'linux')).toEqual([own]);
    expect(await look({ XDG_CONFIG_HOME: path.join(home, 'moved') }, 'darwin')).toEqual([moved]);
    const windows = { PROGRAMDATA: path.join(home, 'shared'), APPDATA: path.join(home, 'moved') };
    expect(await look(windows, 'win32')).toEqual([shared, moved]);
    expect(await look({}, 'win32')).toEqual([]);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
