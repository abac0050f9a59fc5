#!/usr/bin/env node
// CommonJS in the words of an old Node: it has to parse, and explain itself, where the rest would not.
'use strict';

const { readFileSync } = require('node:fs');
const path = require('node:path');

const root = path.dirname(__dirname);

const [major, minor, patch] = process.versions.node.split('.').map(Number);
const supported =
  major >= 26 ||
  (major === 24 && minor >= 15) ||
  (major === 22 && (minor > 22 || (minor === 22 && patch >= 2)));

if (!supported) {
  process.stderr.write(
    `llamero needs Node.js 22.22.2+, 24.15+ or 26+; this is ${process.version}. Install a current Node.js and run it again.\n`,
  );
  process.exitCode = 9;
} else if (process.argv[2] === '--version') {
  // As oclif would print it, but for its loading.
  const { version } = JSON.parse(read('package.json'));
  process.stdout.on('error', (error) => {
    if (error.code === 'EPIPE') return;
    const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
    process.stderr.write(
      `error: ${isFull ? 'The disk is full: the output could not be written' : error.message}\n`,
    );
    process.exitCode = 7;
  });
  process.stdout.write(
    `llamero/${version} ${process.platform}-${process.arch} node-${process.version}\n`,
  );
} else {
  require('node:module').enableCompileCache();
  // Here, because what was loaded before has no map.
  if (process.env['LLAMERO_DEBUG']) process.setSourceMapsEnabled(true);
  const program = require('../dist/main.cjs');
  void (process.argv[2] === '__complete'
    ? program.complete({ read }, process.argv.slice(3))
    : program.start({ root, read }));
}

/** The text of a file of the package. */
function read(file) {
  return readFileSync(path.join(root, file), 'utf8');
}
