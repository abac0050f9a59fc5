/**
 * The main job from end to end on real parts: a hub on loopback that serves a real (tiny) GGUF, the
 * built program, a real llama-server. Every line under a `$` is what the command printed.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { execa } from 'execa';

import { ensureEngine } from '../test/support/engine/engine.ts';
import { freePort } from '../test/support/free-port.ts';
import { quantizeModel } from '../test/support/gguf/quantize.ts';
import { writeTinyModel } from '../test/support/gguf/tiny-model.ts';
import { startHub } from '../test/support/hub/hub.ts';
import { step } from './step.ts';

const REPO = 'llamero-demo/Tiny-Llama-GGUF';
const SENTENCE = 'The llamas are counted, every byte is where it belongs, and the gate is shut.';

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

step('build', process.execPath, ['scripts/build.ts']);
say('\n▸ a real llama-server');
const engine = await ensureEngine({ onProgress: say });
const folder = await mkdtemp(path.join(tmpdir(), 'llamero-demo-'));
const hub = await startHub();

const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: folder,
  LLAMERO_HOME: path.join(folder, 'llamero'),
  LLAMERO_LLAMA_SERVER: engine.llamaServer,
  LLAMERO_PORT: String(await freePort()),
  HF_ENDPOINT: hub.endpoint,
};

interface Expectation {
  /** What stdout has to be, to the last character but the newline. */
  readonly stdout?: string;
  readonly input?: string;
}

/** Runs a command as a user would, its output on the terminal; anything unexpected ends the demo. */
async function llamero(words: readonly string[], expected: Expectation = {}): Promise<void> {
  const shown = words.map((word) => (/[\s]/u.test(word) ? `"${word}"` : word)).join(' ');
  const pipe = expected.input === undefined ? '' : `echo "${expected.input}" | `;
  say(`\n$ ${pipe}llamero ${shown}`);
  const { stdout } = await execa(process.execPath, ['bin/run.js', ...words], {
    env: environment,
    extendEnv: false,
    input: expected.input ?? '',
    stdout: expected.stdout === undefined ? 'inherit' : ['inherit', 'pipe'],
    stderr: 'inherit',
  });
  if (expected.stdout !== undefined && stdout?.trim() !== expected.stdout) {
    throw new Error(`llamero ${shown} printed «${stdout}», expected «${expected.stdout}»`);
  }
}

try {
  say('\n▸ a hub with a real GGUF, on this machine');
  const full = path.join(folder, 'tiny-F32.gguf');
  await writeTinyModel({ path: full, sentence: SENTENCE, name: 'Tiny Llama' });
  const files: Record<string, { file: string }> = {};
  for (const quant of ['Q4_K_M', 'Q8_0']) {
    const file = path.join(folder, `Tiny-Llama-${quant}.gguf`);
    await quantizeModel(engine, full, file, quant);
    files[path.basename(file)] = { file };
  }
  await hub.addRepo(REPO, files, { downloads: 5526, likes: 42 });
  say(`${hub.endpoint} serves ${REPO}`);

  await llamero(['search', 'tiny llama']);
  await llamero(['pull', REPO]);
  await llamero(['list']);
  await llamero(['run', REPO, 'What is the state of the herd?'], { stdout: SENTENCE });
  await llamero(['run', REPO, 'Summarise:'], { stdout: SENTENCE, input: 'a long report' });
  await llamero(['ps']);
  await llamero(['stop', '--all']);
  await llamero(['rm', '--yes', REPO]);
  const left = await readdir(path.join(folder, 'llamero', 'models'));
  if (left.length > 0) throw new Error(`rm left ${left.join(', ')} behind`);
  say('\n✓ found, pulled, verified, listed, run, answered word for word, stopped, removed');
} finally {
  await execa(process.execPath, ['bin/run.js', 'stop', '--all', '--quiet'], {
    env: environment,
    extendEnv: false,
    reject: false,
  });
  await hub.close();
  await rm(folder, { recursive: true, force: true });
}
