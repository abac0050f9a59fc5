import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { Pty } from '../support/pty.ts';

interface Listed {
  readonly path: string;
  readonly settings: readonly {
    readonly key: string;
    readonly value: unknown;
    readonly source: string;
    readonly origin?: string;
    readonly default: unknown;
    readonly description: string;
  }[];
}

async function homeWith(text: string): Promise<CliHome> {
  const home = await CliHome.create();
  await mkdir(home.path());
  await writeFile(home.path('config.yaml'), text);
  return home;
}

/** A command line that runs a script with the file as its argument, as an editor would be. */
async function scriptedEditor(home: CliHome, source: string): Promise<string> {
  const script = path.join(home.folder, 'editor.mjs');
  await writeFile(script, `import { readFileSync, writeFileSync } from 'node:fs';\n${source}`);
  return `${JSON.stringify(process.execPath)} ${JSON.stringify(script)}`;
}

test('list shows every setting with its source, and touches nothing', async () => {
  await using home = await homeWith(
    'run:\n  system: |\n    Be brief.\n    Be kind.\n  temp: 0.5\n',
  );
  const { exitCode, stdout, stderr } = await home.run(['config', 'list'], {
    env: { HF_ENDPOINT: 'http://127.0.0.1:1/' },
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/u));
  expect(rows[0]).toEqual(['KEY', 'VALUE', 'SOURCE']);
  expect(rows).toContainEqual(['hub.endpoint', 'http://127.0.0.1:1', 'environment (HF_ENDPOINT)']);
  expect(rows).toContainEqual(['pull.quant', '-', 'default']);
  expect(rows).toContainEqual(['pull.reserve', '1GB', 'default']);
  expect(rows).toContainEqual(['run.system', 'Be brief. Be kind.', 'file (config.yaml:2)']);
  expect(rows).toContainEqual(['run.temp', '0.5', 'file (config.yaml:5)']);
});

test('list --json is one document with values in plain units', async () => {
  await using home = await homeWith('pull:\n  reserve: 1.5 GiB\n');
  const { stdout, stderr } = await home.run(['config', 'list', '--json']);
  const document = JSON.parse(stdout) as Listed;
  expect(stderr).toBe('');
  expect(document.path).toBe(home.path('config.yaml'));
  expect(document.settings.find(({ key }) => key === 'pull.reserve')).toEqual({
    key: 'pull.reserve',
    value: 1_610_612_736,
    source: 'file',
    origin: 'config.yaml:2',
    default: 1_000_000_000,
    description: 'Disk space that a pull leaves free',
  });
  expect(document.settings.find(({ key }) => key === 'pull.quant')).toMatchObject({
    value: null,
    default: null,
    source: 'default',
  });
});

test('what is set is there for the next run, and gone when unset', async () => {
  await using home = await CliHome.create();
  const set = await home.run(['config', 'set', 'server.port', '8080']);
  expect({ ...set, stderr: home.plain(set.stderr) }).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: 'server.port is 8080 in <home>/llamero/config.yaml\n',
  });
  expect((await home.run(['config', 'get', 'server.port'])).stdout).toBe('8080\n');
  expect(await readFile(home.path('config.yaml'), 'utf8')).toBe('server:\n  port: 8080\n');
  expect((await stat(home.path('config.yaml'))).mode & 0o777).toBe(0o600);
  expect((await stat(home.path())).mode & 0o777).toBe(0o700);

  const unset = await home.run(['config', 'unset', 'server.port', '--json']);
  expect(JSON.parse(unset.stdout)).toEqual({
    key: 'server.port',
    removed: true,
    path: home.path('config.yaml'),
  });
  expect((await home.run(['config', 'get', 'server.port'])).stdout).toBe('5526\n');
});

test('a value that begins with a dash needs no trick', async () => {
  await using home = await CliHome.create();
  expect((await home.run(['config', 'set', 'run.seed', '-1'])).exitCode).toBe(0);
  expect((await home.run(['config', 'get', 'run.seed'])).stdout).toBe('-1\n');
});

test('set warns of a variable that overrides it', async () => {
  await using home = await CliHome.create({ LLAMERO_PORT: '9000' });
  const { exitCode, stderr } = await home.run(['config', 'set', 'server.port', '8080']);
  expect(exitCode).toBe(0);
  expect(stderr).toContain('warning: LLAMERO_PORT is set in the environment and overrides it\n');
  expect((await home.run(['config', 'get', 'server.port', '--json'])).stdout).toContain(
    '"origin": "LLAMERO_PORT"',
  );
});

test.each([
  [['get', 'server.prot'], 'Unknown setting `server.prot` (did you mean `server.port`?)'],
  [['set', 'server.prot', '1'], 'Unknown setting `server.prot` (did you mean `server.port`?)'],
  [['unset', 'server.prot'], 'Unknown setting `server.prot` (did you mean `server.port`?)'],
  [['set', 'server.port', '0'], '`server.port` must be a whole number from 1 to 65535, not `0`'],
  [['set', 'server.port'], 'VALUE is missing'],
])('config %j ends with 2 and says why', async (words, message) => {
  await using home = await CliHome.create();
  const { exitCode, stdout, stderr } = await home.run(['config', ...words]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(`error: ${message}`);
  expect(stderr).toContain('hint: ');
});

test('piped input is not taken for a value', async () => {
  await using home = await CliHome.create();
  const { exitCode } = await home.run(['config', 'set', 'server.port'], { input: '8080\n' });
  expect(exitCode).toBe(2);
});

test('a mistake in the file names the line, and leaves path, unset and edit working', async () => {
  await using home = await homeWith('server:\n  prot: 1\n');
  const list = await home.run(['config', 'list']);
  expect(list.exitCode).toBe(2);
  expect(list.stderr).toContain(
    `error: ${home.path('config.yaml')}:2: unknown setting \`server.prot\` (did you mean \`server.port\`?)\n`,
  );
  expect((await home.run(['config', 'path'])).stdout).toBe(`${home.path('config.yaml')}\n`);
  expect((await home.run(['config', 'unset', 'server.prot'])).exitCode).toBe(0);
  expect((await home.run(['config', 'list'])).exitCode).toBe(0);
});

test('a damaged file is told as JSON too, and never written over', async () => {
  const text = 'server:\n  port: "8080\n';
  await using home = await homeWith(text);
  for (const words of [
    ['list'],
    ['get', 'server.port'],
    ['set', 'server.port', '1'],
    ['unset', 'server.port'],
  ]) {
    const { exitCode, stdout } = await home.run(['config', ...words, '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: {
        code: 'CONFIG_DAMAGED',
        exitCode: 2,
        message: expect.stringContaining(`${home.path('config.yaml')}:3:1: `) as string,
        hint: 'Mend it with `llamero config edit`',
      },
    });
  }
  expect(await readFile(home.path('config.yaml'), 'utf8')).toBe(text);
  expect((await home.run(['config', 'path'])).exitCode).toBe(0);
});

test('edit makes a file of comments, and VISUAL goes before EDITOR', async () => {
  await using home = await CliHome.create();
  const VISUAL = await scriptedEditor(
    home,
    `const file = process.argv[2];
     writeFileSync(file, readFileSync(file, 'utf8').replace('# port: 5526', 'port: 8080'));`,
  );
  const { exitCode, stderr } = await home.run(['config', 'edit'], {
    env: { VISUAL, EDITOR: 'exit 1;' },
  });
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: `${home.path('config.yaml')} is in order\n`,
  });
  expect((await home.run(['config', 'get', 'server.port'])).stdout).toBe('8080\n');
});

test('edit tells a mistake with its line and keeps what was written', async () => {
  await using home = await homeWith('server: [\n');
  const written = '# my settings\nserver:\n  port: many\n';
  const EDITOR = await scriptedEditor(
    home,
    `writeFileSync(process.argv[2], ${JSON.stringify(written)});`,
  );
  const { exitCode, stderr } = await home.run(['config', 'edit'], { env: { EDITOR } });
  expect(exitCode).toBe(2);
  expect(stderr).toContain(
    `${home.path('config.yaml')}:3: \`server.port\` must be a whole number from 1 to 65535, not \`many\``,
  );
  expect(await readFile(home.path('config.yaml'), 'utf8')).toBe(written);
});

test('edit without an editor and without a terminal says what to set', async () => {
  await using home = await CliHome.create();
  const { exitCode, stderr } = await home.run(['config', 'edit']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('VISUAL or EDITOR');
  await expect(stat(home.path())).rejects.toMatchObject({ code: 'ENOENT' });
});

test('the editor has the terminal, and Ctrl+C is its own', async () => {
  const home = await CliHome.create();
  await using _home = home;
  home.env['EDITOR'] = await scriptedEditor(
    home,
    `process.on('SIGINT', () => {
       writeFileSync(process.argv[2], 'server:\\n  port: 8080\\n');
       process.exit(0);
     });
     console.log(\`editing \${process.stdin.isTTY && process.stdout.isTTY}\`);
     setInterval(() => undefined, 1000);`,
  );
  await using pty = new Pty(home, ['config', 'edit']);
  await pty.waitFor('editing true');
  pty.type('\u0003');
  expect(await pty.ended).toBe(0);
  expect(await readFile(home.path('config.yaml'), 'utf8')).toBe('server:\n  port: 8080\n');
});
