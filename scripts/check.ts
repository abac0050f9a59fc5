import { makeDist } from './bundle/dist.ts';
import { staleFiles } from './generated.ts';
import { makeManifest, manifestIsCurrent } from './manifest.ts';
import { bin, step } from './step.ts';

step('format', bin('prettier'), ['--check', '--log-level', 'warn', '.']);
step('types', bin('tsc'), ['-p', 'tsconfig.json']);
step('lint', bin('oxlint'), ['--type-aware', '--deny-warnings']);
process.stdout.write('\n▸ command manifest\n');
if (!(await manifestIsCurrent())) {
  process.stdout.write(
    '✗ oclif.manifest.json does not match the commands: run `npm run build` and commit it\n',
  );
  process.exit(1);
}
process.stdout.write('\n▸ schemas and documentation\n');
const stale = await staleFiles();
if (stale.length > 0) {
  process.stdout.write(
    `✗ ${stale.join(', ')} ${stale.length === 1 ? 'is' : 'are'} not as the code says: run \`npm run build\` and commit\n`,
  );
  process.exit(1);
}
process.stdout.write('\n▸ bundle\n');
await makeDist(await makeManifest());
step('unused code and dependencies', bin('knip'), ['--no-progress']);
step('package', bin('publint'), ['--strict']);
process.stdout.write('\n✓ check\n');
