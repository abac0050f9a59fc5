import { type Plugin, RolldownMagicString } from 'rolldown';

import { lazyRequires } from './lazy-requires.ts';

const OCLIF = /[\\/]node_modules[\\/]@oclif[\\/]core[\\/]lib[\\/](.+\.js)$/u;

/** What oclif does at every start and this program has no use for, and where its help misleads; by file. */
const CHANGES: Readonly<Record<string, readonly { readonly from: string; readonly to: string }[]>> =
  {
    // bin/run.js has looked at the version of Node; `semver` is large.
    'index.js': [{ from: '\ncheckNodeVersion();', to: '' }],
    // main.ts listens itself, and has removed the listeners of others by the time that this file loads.
    'command.js': [
      {
        from: "process.stdout.on('error', (err) => {\n    if (err && err.code === 'EPIPE')\n        return;\n    throw err;\n});",
        to: '',
      },
    ],
    // It would make a logger only to drop it, because main.ts has given one.
    'logger.js': [
      {
        from: 'else {\n        set(makeLogger',
        to: "else if (!cachedLoggers.has('root')) {\n        set(makeLogger",
      },
    ],
    // Would read ~/.config/llamero/theme.json; the program has no themes.
    'config/config.js': [{ from: 'this.theme = await this.loadTheme();', to: '' }],
    // To tell WSL from Linux takes five modules and some files; nothing here asks for it.
    // It would wrap the command of an example, also within quotes, where no shell joins it again.
    'help/command.js': [
      {
        from: 'this.wrap(this.formatIfCommand(c), finalIndentedSpacing + 4)',
        to: 'this.formatIfCommand(c)',
      },
      // Of several arguments the last alone takes more than one.
      {
        from: 'args.map((a) => {\n            // Add ellipsis for variadic args, or for all args when strict is false (backward compat)\n            const suffix = a.multiple || this.command.strict === false ?',
        to: 'args.map((a, index) => {\n            const suffix = a.multiple || (this.command.strict === false && index === args.length - 1) ?',
      },
    ],
    // As in help/command.js.
    'help/docopts.js': [
      {
        from: '.map((arg) => {\n                const suffix = arg.multiple || this.cmd.strict === false ?',
        to: '.map((arg, index, all) => {\n                const suffix = arg.multiple || (this.cmd.strict === false && index === all.length - 1) ?',
      },
    ],
    // `help` is a command that can be asked about as well.
    'help/index.js': [
      {
        from: "arg === 'help')",
        to: "(arg === 'help' && args.some((each) => each !== 'help')))",
      },
    ],
    'util/os.js': [{ from: "(await import('wsl-utils')).isWsl ? 'wsl' : ", to: '' }],
  };

/**
 * Makes @oclif/core load what a command needs instead of all that it has, and leave out what is not
 * used here.
 *
 * @throws when oclif no longer has what is to be changed
 */
export function leanOclif(): Plugin {
  return {
    name: 'lean-oclif',
    transform: {
      filter: { id: OCLIF },
      handler(code, id) {
        const file = (OCLIF.exec(id)?.[1] ?? '').replaceAll('\\', '/');
        const output = lazyRequires(code) ?? new RolldownMagicString(code);
        for (const { from, to } of CHANGES[file] ?? []) {
          const at = code.indexOf(from);
          if (at === -1 || code.includes(from, at + 1)) {
            this.error(`@oclif/core/lib/${file} does not have «${from.trim()}» once`);
          }
          output.overwrite(at, at + from.length, to);
        }
        return { code: output };
      },
    },
  };
}
