#!/usr/bin/env node
// Plain JavaScript without top-level static imports: it has to parse, and explain itself, on a Node too old for the rest.
const [major, minor, patch] = process.versions.node.split('.').map(Number);
const supported =
  major >= 26 ||
  (major === 24 && minor >= 15) ||
  (major === 22 && (minor > 22 || (minor === 22 && patch >= 2)));

if (supported) {
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  const { main } = await import('../dist/main.js');
  await main(import.meta.url);
} else {
  process.stderr.write(
    `llamero needs Node.js 22.22.2+, 24.15+ or 26+; this is ${process.version}. Install a current Node.js and run it again.\n`,
  );
  process.exitCode = 9;
}
