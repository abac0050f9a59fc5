/** A flag of the manifest, as far as the documentation goes. */
export interface ManifestFlag {
  readonly name: string;
  readonly char?: string;
  readonly type: 'boolean' | 'option';
  readonly summary?: string;
  readonly description?: string;
  readonly default?: string | number | boolean;
  readonly options?: readonly string[];
  readonly helpValue?: string;
  readonly helpGroup?: string;
  readonly multiple?: boolean;
  readonly allowNo?: boolean;
  readonly hidden?: boolean;
  readonly aliases?: readonly string[];
}

/** A positional argument of the manifest. */
export interface ManifestArgument {
  readonly name: string;
  readonly options?: readonly string[];
  readonly description?: string;
  readonly required?: boolean;
}

/** A command of the manifest. */
export interface ManifestCommand {
  readonly id: string;
  readonly summary?: string;
  readonly description?: string;
  readonly examples?: readonly (
    string | { readonly description: string; readonly command: string }
  )[];
  readonly args: Readonly<Record<string, ManifestArgument>>;
  readonly flags: Readonly<Record<string, ManifestFlag>>;
  readonly aliases: readonly string[];
  readonly hiddenAliases: readonly string[];
  readonly strict: boolean;
  readonly hidden?: boolean;
  readonly enableJsonFlag?: boolean;
}

/** oclif.manifest.json, as far as the documentation goes. */
export interface Manifest {
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}

/** The commands that are shown, in the order of their names. */
export function shownCommands({ commands }: Manifest): ManifestCommand[] {
  return Object.values(commands)
    .filter(({ hidden }) => hidden !== true)
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** The other names of a command: `llamero ls`. */
export function otherNames({ aliases, hiddenAliases }: ManifestCommand): string[] {
  return [...aliases, ...hiddenAliases].map((id) => commandName({ id }));
}

/** `llamero config get`. */
export function commandName({ id }: Pick<ManifestCommand, 'id'>): string {
  return `llamero ${id.replaceAll(':', ' ')}`;
}
