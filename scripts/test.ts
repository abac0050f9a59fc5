import { bin, step } from './step.ts';

// The real llama-server that the tests run, fetched once into .cache (see test/support/engine).
step('engine', process.execPath, ['test/support/engine/fetch.ts']);
step('build', process.execPath, ['scripts/build.ts']);
step('tests', bin('vitest'), ['run', ...process.argv.slice(2)]);
