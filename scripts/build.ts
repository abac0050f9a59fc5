import { rmSync } from 'node:fs';

import { writeManifest } from './manifest.ts';
import { bin, step } from './step.ts';

rmSync('dist', { recursive: true, force: true });
step('compile', bin('tsc'), ['-p', 'tsconfig.build.json']);
await writeManifest();
