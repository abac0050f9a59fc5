import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { describe, expect, test } from 'vitest';

import { listeningInodes, portOwner } from '../../../src/lib/server/port-owner.ts';
import { describeOwner } from '../../../src/lib/server/port-taken.ts';
import { freePort } from '../../support/free-port.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1596 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1 0 100 0 0 10 0
   1: 0100007F:1596 0100007F:C0DE 01 00000000:00000000 00:00000000 00000000  1000        0 222 1 0 20 4 30 10 -1
   2: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 333 1 0 100 0 0 10 0
`;

describe('who listens on a port', () => {
  test('is read off the sockets that listen, not those that are connected', () => {
    expect(listeningInodes(TABLE, 5526)).toEqual(['111']);
    expect(listeningInodes(TABLE, 8080)).toEqual(['333']);
    expect(listeningInodes(TABLE, 1)).toEqual([]);
    expect(listeningInodes('', 1)).toEqual([]);
  });

  test.runIf(process.platform === 'linux')('is found by its number and its words', async () => {
    const script =
      "const s = require('net').createServer().listen(0, '127.0.0.1', () => console.log(s.address().port))";
    const child = spawn(process.execPath, ['-e', script, 'some-word'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const owner = await portOwner(Number(line.toString()));
    child.kill();
    expect(owner).toMatchObject({ pid: child.pid, name: 'node' });
    expect(owner?.commandLine).toContain('some-word');
  });

  test('is nobody on a port that is free', async () => {
    expect(await portOwner(await freePort())).toBeUndefined();
  });
});

describe('the one who has the port', () => {
  const mine = '/home/me/.llamero/run/presets.ini';

  test.each([
    ['nobody that can be told', undefined, 'another program, which llamero did not start', ''],
    [
      'another program',
      { pid: 7, name: 'nginx', commandLine: ['nginx', '-g'] },
      'nginx (process 7), which llamero did not start',
      '',
    ],
    [
      'a lost server of this home',
      { pid: 7, name: 'llama-server', commandLine: ['llama-server', '--models-preset', mine] },
      'a server of this home whose record was lost (process 7)',
      '7',
    ],
    [
      'the server of another home',
      {
        pid: 7,
        name: 'llama-server',
        commandLine: ['llama-server', '--models-preset', "/data/o'b/run/presets.ini", '--host'],
      },
      "the server of another llamero home, /data/o'b (process 7)",
      "LLAMERO_HOME='/data/o'\\''b' llamero stop --server",
    ],
    [
      'a router that somebody else started',
      { pid: 7, name: 'llama-server', commandLine: ['x', '--models-preset', '/etc/models.ini'] },
      'another llama-server, llama-server (process 7)',
      '',
    ],
  ])('is %s', (_name, owner, who, hint) => {
    const described = describeOwner(owner, mine);
    expect(described.who).toBe(who);
    expect(described.hint.join('\n')).toContain(hint);
  });

  test('cannot write to the terminal by its name', () => {
    const { who } = describeOwner({ pid: 7, name: 'a\u001B[2Jb', commandLine: [] }, mine);
    expect(who).not.toContain('\u001B');
  });
});
