import { defineConfig, type OxlintOverride } from 'oxlint';

/** The wings of src/lib from the top floor down: a file may import from floors below its own. */
const FLOORS = [
  'completion',
  'doctor',
  'chat',
  'server',
  'pull',
  'info',
  'reuse',
  'engine',
  'store',
  'download',
  'hub',
  'config',
  'gguf',
  'ui',
  'http',
];

/** What only the top of the program may know. */
const TOP = ['**/commands/**', '**/views/**', '**/base-command.ts', '**/program.ts'];
const FRAMEWORK = ['@oclif/*', '@inquirer/*', 'cli-progress'];

function forbid(wings: readonly string[], message: string, more: readonly string[] = []) {
  const folders = wings.flatMap((wing) => [`../${wing}/**`, `./${wing}/**`, `../../${wing}/**`]);
  return { patterns: [{ group: [...folders, ...TOP, ...more], message }] };
}

/** A floor imports nothing from above, nothing that prints, and no framework of the commands. */
function floorRule(wing: string, index: number): OxlintOverride {
  const above = FLOORS.slice(0, index);
  const printers = wing === 'ui' ? [] : ['ui'];
  const framework = wing === 'ui' ? ['@oclif/*'] : FRAMEWORK;
  const message = `src/lib/${wing} may import only from the floors below it`;
  return {
    files: [`src/lib/${wing}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        forbid([...above, ...printers], message, [...framework, '**/context.ts']),
      ],
    },
  };
}

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'node', 'oxc', 'promise'],
  categories: { correctness: 'error', suspicious: 'error' },
  env: { node: true, es2024: true },
  ignorePatterns: ['dist', 'node_modules', '.cache'],
  rules: {
    'no-await-in-loop': 'off',
    'no-control-regex': 'off',
    'no-shadow': 'off',
    'no-underscore-dangle': 'off',
    'no-console': 'error',
    'no-var': 'error',
    // The compiler's noImplicitReturns knows which switches are exhaustive.
    'typescript/consistent-return': 'off',
    eqeqeq: 'error',
    'prefer-const': 'error',
    'import/no-cycle': 'error',
    'import/no-unassigned-import': 'off',
    'node/no-process-env': 'error',
    'typescript/await-thenable': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/no-unnecessary-condition': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'typescript/only-throw-error': 'error',
    'typescript/return-await': 'error',
    'typescript/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: true },
    ],
    'unicorn/no-array-sort': 'off',
    'unicorn/no-process-exit': 'error',
    'unicorn/prefer-node-protocol': 'error',
  },
  overrides: [
    {
      files: ['src/lib/*.ts'],
      rules: {
        'no-restricted-imports': [
          'error',
          forbid(FLOORS, 'the ground imports from no wing', FRAMEWORK),
        ],
      },
    },
    {
      // The context hands everything out, so it knows everything; it loads it only when asked.
      files: ['src/lib/context.ts'],
      rules: {
        'no-restricted-imports': ['error', { patterns: [{ group: [...TOP, ...FRAMEWORK] }] }],
      },
    },
    ...FLOORS.map(floorRule),
    {
      files: ['src/views/**/*.ts'],
      rules: {
        'no-restricted-imports': ['error', { patterns: [{ group: ['**/commands/**'] }] }],
      },
    },
    {
      files: ['bin/**', 'src/program.ts', 'bench/**', 'scripts/**', 'test/**'],
      rules: { 'node/no-process-env': 'off' },
    },
    {
      files: ['src/main.ts', 'bench/**', 'scripts/**', 'test/support/**'],
      rules: { 'unicorn/no-process-exit': 'off' },
    },
    { files: ['test/**'], rules: { 'unicorn/consistent-function-scoping': 'off' } },
  ],
});
