#!/usr/bin/env node
// Runs the sources without a build; Node strips the types.
const { readFileSync } = require('node:fs');
const path = require('node:path');

const root = path.dirname(__dirname);
const [first, ...words] = process.argv.slice(2);
if (first === '__complete') {
  const read = (file) => readFileSync(path.join(root, file), 'utf8');
  void import('../src/complete.ts').then(({ complete }) => complete({ read }, words));
} else {
  void import('../src/main.ts').then(({ main }) => main(root));
}
