#!/usr/bin/env node
// Runs the sources without a build; Node strips the types.
const { main } = await import('../src/main.ts');
await main(import.meta.url, { fromSource: true });
