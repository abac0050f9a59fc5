import { createRequire } from 'node:module';
import { runInThisContext } from 'node:vm';

import { describe, expect, test } from 'vitest';

import { lazyRequires } from '../../../scripts/bundle/lazy-requires.ts';

const nodeRequire = createRequire(import.meta.url);

/** The files that a text may require. */
const FILES: Readonly<Record<string, unknown>> = {
  './one': {
    name: 'one',
    nested: {
      Thing: class Thing {
        kind = 1;
      },
    },
    call: () => 'called',
  },
  './two': { __esModule: true, default: 'two' },
  './runtime': { __toESM: (module: object) => ({ ...module, default: module }) },
};

/** Runs a text as Node runs a CommonJS file, and notes what it loads and when. */
function run(code: string): {
  readonly exports: Record<string, unknown>;
  readonly loaded: string[];
} {
  const loaded: string[] = [];
  const load = (name: string): unknown => {
    loaded.push(name);
    return FILES[name] ?? nodeRequire(name);
  };
  const exports: Record<string, unknown> = {};
  const wrapper = runInThisContext(`(function (exports, require) {${code}\n})`) as (
    exports: object,
    require: (name: string) => unknown,
  ) => void;
  wrapper(exports, load);
  return { exports, loaded };
}

function runLazy(code: string) {
  return run(lazyRequires(code)?.toString() ?? code);
}

describe('what is required', () => {
  test('is loaded when it is first used, once', () => {
    const { exports, loaded } = runLazy(`
      const require_one = require("./one");
      exports.use = () => require_one.name + require_one.name;
    `);
    expect(loaded).toEqual([]);
    expect((exports['use'] as () => string)()).toBe('oneone');
    expect(loaded).toEqual(['./one']);
  });

  test('is loaded at once where the file itself uses it', () => {
    const { exports, loaded } = runLazy(`
      const one = require("./one");
      exports.name = one.name;
    `);
    expect({ loaded, name: exports['name'] }).toEqual({ loaded: ['./one'], name: 'one' });
  });

  test('for its effect alone is loaded at once', () => {
    expect(runLazy('require("./one");').loaded).toEqual(['./one']);
  });
});

describe('means the same as before', () => {
  const use = (body: string): string => `exports.value = (() => { ${body} })();`;
  test.each([
    ['a member', `const one = require("./one"); ${use('return one.name;')}`],
    ['a call without this', `const one = require("./one"); ${use('return (0, one.call)();')}`],
    [
      'what new makes',
      `const one = require("./one"); ${use('return new one.nested.Thing().constructor.name;')}`,
    ],
    ['a template', `const one = require("./one"); ${use('return `${one.name}`;')}`],
    [
      'a property of the same name',
      `const name = require("./one"); ${use('return { name: 1 }.name + name.name;')}`,
    ],
    ['a shorthand', `const one = require("./one"); ${use('return Object.keys({ one });')}`],
    [
      'a parameter of the same name',
      `const one = require("./one"); ${use('return ((one) => one)(7);')}`,
    ],
    [
      'a variable of the same name',
      `const one = require("./one"); ${use('{ const one = 5; return one; }')}`,
    ],
    [
      'a caught error of the same name',
      `const one = require("./one"); ${use('try { throw 3; } catch (one) { return one; }')}`,
    ],
    [
      'a destructured name',
      `const one = require("./one"); ${use('const { a: one } = { a: 4 }; return one;')}`,
    ],
    [
      'an interop call',
      `const __importDefault = (m) => m.__esModule ? m : { default: m };
      const two = __importDefault(require("./two")); ${use('return two.default;')}`,
    ],
    [
      'the default of a module of Node',
      `const runtime = require("./runtime"); let node_path = require("node:path");
      node_path = runtime.__toESM(node_path, 1); ${use('return node_path.default.basename("/a/b");')}`,
    ],
    [
      'a name of a module of Node',
      `const runtime = require("./runtime"); let node_path = require("node:path");
      node_path = runtime.__toESM(node_path, 1); ${use('return node_path.basename("/a/b");')}`,
    ],
    [
      'what new makes of a module of Node',
      `const runtime = require("./runtime"); let node_url = require("node:url");
      node_url = runtime.__toESM(node_url, 1); ${use('return new node_url.default.URL("http://x/").host;')}`,
    ],
    [
      'a wrapped module',
      `const require_one = () => ({ name: "wrapped" });
      var import_one = require_one(); ${use('return import_one.name;')}`,
    ],
    [
      'several at once',
      `const one = require("./one"), two = require("./two"); ${use('return one.name + two.default;')}`,
    ],
    ['a strict file', `"use strict"; const one = require("./one"); ${use('return one.name;')}`],
  ])('%s', (_, code) => {
    const changed = runLazy(code).exports['value'];
    expect(changed).toEqual(run(code).exports['value']);
    expect(changed).toBeDefined();
  });

  test('a strict file stays strict', () => {
    const { exports } = runLazy(`"use strict";
      const one = require("./one");
      exports.self = (function () { return this; })();
      exports.name = () => one.name;`);
    expect(exports['self']).toBeUndefined();
  });
});

test('what is exported as it is loaded is loaded when it is read', () => {
  const { exports, loaded } = runLazy('exports.one = void 0;\nexports.one = require("./one");');
  expect(loaded).toEqual([]);
  expect(exports['one']).toBe(FILES['./one']);
  expect(loaded).toEqual(['./one']);
});

test('a file without a require stays as it is', () => {
  expect(lazyRequires('exports.one = 1;')).toBeUndefined();
});
