/**
 * Makes an executable that needs no Node.js, for the machine it is made on: one file with Node in it,
 * and the archive of a release with it, its manual pages and the licences of all that is inside.
 *
 *   node scripts/sea.ts [--node <Node 26 or newer>] [--out .cache/release]
 */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { bundleExecutable } from './bundle/bundle.ts';
import { makeNotices } from './bundle/notices.ts';
import { writeManPages } from './man.ts';
import { makeManifest, writeManifest } from './manifest.ts';
import { step } from './step.ts';

const WORK = '.cache/sea';
/** What the program reads of its package: https://nodejs.org/api/single-executable-applications.html#assets */
const ASSETS = ['package.json', 'oclif.manifest.json'];

const { values } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    out: { type: 'string', default: '.cache/release' },
  },
});
const { platform, arch } = process;
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const name = `llamero-${version}-${platform}-${arch}`;
const folder = path.join(values.out, name);

const manifest = await makeManifest();
await writeManifest(manifest);
const { code, moduleIds } = await bundleExecutable(manifest);
for (const made of [WORK, folder]) {
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
}
const main = path.join(WORK, 'main.cjs');
const config = path.join(WORK, 'sea.json');
const executable = path.join(folder, platform === 'win32' ? 'llamero.exe' : 'llamero');
writeFileSync(main, code);
writeFileSync(
  config,
  JSON.stringify({
    main,
    output: executable,
    disableExperimentalSEAWarning: true,
    // What is cached is bound to the Node that is inside: it always fits.
    useCodeCache: true,
    assets: Object.fromEntries(ASSETS.map((file) => [file, file])),
  }),
);
step('single executable', values.node, ['--build-sea', config]);
if (platform === 'darwin') step('signature', 'codesign', ['--force', '--sign', '-', executable]);
await writeManPages();
cpSync('man', path.join(folder, 'man'), { recursive: true });
copyFileSync('LICENSE', path.join(folder, 'LICENSE'));
writeFileSync(
  path.join(folder, 'THIRD-PARTY.txt'),
  `${makeNotices(moduleIds)}\n${'-'.repeat(80)}\n\nNode.js\n\n${licenceOfNode(values.node)}`,
);
const archive = `${name}${platform === 'win32' ? '.zip' : '.tar.gz'}`;
step('archive', 'tar', ['-a', '-c', '-f', path.join(values.out, archive), '-C', values.out, name]);
process.stdout.write(`\n✓ ${path.join(values.out, archive)}\n`);

/** Node's own licence, which lies beside its executable or above it. */
function licenceOfNode(node: string): string {
  const places = ['..', '.'].map((place) => path.join(path.dirname(node), place, 'LICENSE'));
  const file = places.find((place) => existsSync(place));
  if (file === undefined) throw new Error(`${node} came without its licence`);
  return readFileSync(file, 'utf8');
}
