import { rmSync } from 'node:fs';

import { manifestIsCurrent } from './manifest.ts';
import { bin, step } from './step.ts';

step('format', bin('prettier'), ['--check', '--log-level', 'warn', '.']);
step('types', bin('tsc'), ['-p', 'tsconfig.json']);
step('lint', bin('oxlint'), ['--type-aware', '--deny-warnings']);
rmSync('dist', { recursive: true, force: true });
step('compile', bin('tsc'), ['-p', 'tsconfig.build.json']);
process.stdout.write('\n▸ command manifest\n');
if (!(await manifestIsCurrent())) {
  process.stdout.write(
    '✗ oclif.manifest.json does not match the commands: run `npm run build` and commit it\n',
  );
  process.exit(1);
}
step('unused code and dependencies', bin('knip'), ['--no-progress']);
step('package', bin('publint'), ['--strict']);
process.stdout.write('\n✓ check\n');
