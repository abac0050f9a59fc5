import type { Plugin } from 'rolldown';

const DETECTION = /[\\/]chalk[\\/]source[\\/]vendor[\\/]supports-color[\\/]index\.js$/u;

/**
 * Leaves out what chalk does on loading to find out about colours: the program tells every instance
 * its level, and asking the system takes longer than all the rest of chalk.
 *
 * @throws when chalk no longer has it where it was
 */
export function leanChalk(): Plugin {
  let isFound = false;
  return {
    name: 'lean-chalk',
    load: {
      filter: { id: DETECTION },
      handler() {
        isFound = true;
        return 'export default { stdout: false, stderr: false };';
      },
    },
    buildEnd(error) {
      if (error === undefined && !isFound) this.error('chalk does not look for colours as it did');
    },
  };
}
