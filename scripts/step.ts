import { spawnSync } from 'node:child_process';

/** Runs a program of the project, its output on the terminal; a failure ends the whole script. */
export function step(name: string, command: string, args: readonly string[]): void {
  process.stdout.write(`\n▸ ${name}\n`);
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', shell: false });
  if (error !== undefined) throw error;
  if (status !== 0) {
    process.stdout.write(`✗ ${name}\n`);
    process.exit(status ?? 1);
  }
}

/** The path of a program that comes with a development dependency. */
export function bin(name: string): string {
  return `node_modules/.bin/${name}${process.platform === 'win32' ? '.cmd' : ''}`;
}
