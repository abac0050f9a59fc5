/**
 * Fills the templates of the package managers and install.sh for a release, from the digests of its
 * archives.
 *
 *   node scripts/packaging.ts --sums <SHA256SUMS> --repository https://… --out <folder>
 */
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const TEMPLATES = ['install.sh', ...globSync('packaging/*/*')];

const { values } = parseArgs({
  options: {
    sums: { type: 'string' },
    repository: { type: 'string' },
    out: { type: 'string' },
  },
});
const { out, repository, sums } = values;
if (out === undefined || repository === undefined || sums === undefined) {
  throw new Error('It takes --sums, --repository and --out');
}
const pjson = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string;
  description: string;
};
const facts: Readonly<Record<string, string>> = {
  DESCRIPTION: pjson.description,
  DOWNLOADS: `${repository}/releases/download/v${pjson.version}`,
  REPOSITORY: repository,
  VERSION: pjson.version,
};
const digests = new Map(
  readFileSync(sums, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, digest, file] = /^([0-9a-f]{64}) [ *](.+)$/u.exec(line) ?? [];
      return digest === undefined || file === undefined ? [] : [[file, digest] as const];
    }),
);

mkdirSync(out, { recursive: true });
for (const template of TEMPLATES) {
  const text = readFileSync(template, 'utf8');
  const filled = text
    .replaceAll(/@SHA256:([\w.-]+)@/gu, (_, rest: string) => digestOf(rest))
    .replaceAll(/@([A-Z]+)@/gu, (place, name: string) => facts[name] ?? place);
  const file = path.join(out, path.basename(template));
  writeFileSync(file, filled.replace(/^# Filled in by .+\n/u, ''), {
    mode: template.endsWith('.sh') ? 0o755 : 0o644,
  });
  process.stdout.write(`${file}\n`);
}

/** @param rest the name of an archive behind `llamero-<version>-` */
function digestOf(rest: string): string {
  const file = `llamero-${pjson.version}-${rest}`;
  const digest = digests.get(file);
  if (digest === undefined) throw new Error(`${sums ?? ''} has no digest of ${file}`);
  return digest;
}
