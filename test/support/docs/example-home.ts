import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';

import { CliHome } from '../cli.ts';
import { ensureEngine } from '../engine/engine.ts';
import { freePort } from '../free-port.ts';
import type { TestHub } from '../hub/hub.ts';
import { commandLine } from '../pty.ts';
import { ServerHome } from '../server-home.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** The port that the documentation shows: the one that is used unless told. */
const SHOWN_PORT = '5526';

/**
 * The machine on which the examples of the documentation are run: `llamero` is on PATH, models are
 * kept where they are unless told, the Hub is on this machine.
 */
export class ExampleHome extends ServerHome {
  /** Makes a home without models. */
  static async begin(hub: TestHub): Promise<ExampleHome> {
    const { llamaServer } = await ensureEngine();
    const folder = await CliHome.makeFolder();
    const programs = path.join(folder, 'programs');
    await mkdir(programs);
    const program = path.join(programs, 'llamero');
    const command = commandLine([process.execPath, path.join(ROOT, 'bin/run.js')]);
    await writeFile(program, `#!/bin/sh\nexec ${command} "$@"\n`);
    await chmod(program, 0o755);
    return new ExampleHome(folder, {
      PATH: `${programs}:${process.env['PATH'] ?? ''}`,
      LLAMERO_HOME: path.join(folder, '.llamero'),
      LLAMERO_LLAMA_SERVER: llamaServer,
      LLAMERO_PORT: String(await freePort()),
      HF_ENDPOINT: hub.endpoint,
    });
  }

  /** Runs a line as a user would type it; answers all it printed, with the paths and port shown. */
  async type(line: string): Promise<string> {
    // One pipe for both, as on a terminal, so that what is printed stays in its order.
    const { stdout } = await execa('sh', ['-c', `exec 2>&1\n${line}`], {
      env: this.env,
      extendEnv: false,
      cwd: this.folder,
      input: '',
      reject: false,
    });
    return stdout
      .replaceAll(this.folder, '/home/you')
      .replaceAll(this.env['LLAMERO_LLAMA_SERVER'] ?? '', '/usr/bin/llama-server')
      .replaceAll(String(this.port), SHOWN_PORT)
      .replaceAll(this.env['HF_ENDPOINT'] ?? '', 'https://huggingface.co');
  }
}
