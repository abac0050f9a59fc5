import { SETTING_KEYS, definitionOf, formatSetting } from './schema.ts';

/** A settings file in which every setting stands as a comment, with its default. */
export function configTemplate(): string {
  const lines = [
    '# The settings of llamero. Take the `# ` off a line to set its value.',
    '# `llamero config list` shows what holds and why.',
  ];
  let current: string | undefined;
  for (const key of SETTING_KEYS) {
    const [section, name] = key.split('.');
    if (section !== current) {
      lines.push('', `${section}:`);
      current = section;
    }
    const { default: initial, description } = definitionOf(key);
    lines.push(`  # ${description}`, `  # ${`${name}: ${formatSetting(key, initial)}`.trimEnd()}`);
  }
  return `${lines.join('\n')}\n`;
}
