import { ensureEngine } from './engine.ts';

// Fetches the engine of the tests ahead of them and prints its folder, and nothing else, on stdout.
try {
  const engine = await ensureEngine({
    onProgress: (line) => {
      process.stderr.write(`${line}\n`);
    },
  });
  process.stdout.write(`${engine.folder}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
