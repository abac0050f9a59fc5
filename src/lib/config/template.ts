import { SETTING_KEYS, definitionOf, formatSetting } from './schema.ts';

const MODELS = [
  '',
  '# Settings of one model, of a repository, or of all that a pattern fits. The most exact name wins.',
  'models:',
  '  # user/repo:Q4_K_M:',
  '  #   ctx-size: 8192',
  '  #   temp: 0.7',
  '  # "bartowski/*":',
  '  #   keep-alive: 1h',
  '  #   # any other flag of llama-server, by its own name',
  '  #   args: { rope-scaling: yarn }',
];

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
  lines.push(...MODELS);
  return `${lines.join('\n')}\n`;
}
