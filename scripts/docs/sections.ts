import { ENVIRONMENT_VARIABLES, type EnvironmentGroup } from '../../src/lib/config/environment.ts';
import { MODEL_SETTING_KEYS } from '../../src/lib/config/model-settings.ts';
import { SETTING_KEYS, definitionOf, formatSetting } from '../../src/lib/config/schema.ts';
import { REFERENCE_FORMS } from '../../src/views/help-references.ts';
import { markdownCode, markdownTable, markdownText } from './markdown.ts';

const GROUPS: Readonly<Record<EnvironmentGroup, string>> = {
  llamero: 'llamero itself',
  engine: 'llama.cpp and its server',
  hub: 'the Hub and the tools whose files are shared',
  network: 'the network',
  terminal: 'the terminal',
};

/** The sections that are made from the code, by the names that pages call them by. */
export function makeSections(): Record<string, string> {
  return {
    environment: environmentTable(),
    references: markdownTable(
      ['form', 'what it names'],
      REFERENCE_FORMS.map(([form, meaning]) => [markdownCode(form), markdownText(meaning)]),
    ),
    settings: settingTable(),
  };
}

function environmentTable(): string {
  const groups = Map.groupBy(ENVIRONMENT_VARIABLES, ({ group }) => group);
  return [...groups]
    .map(([group, variables]) => {
      const rows = variables.map(({ description, name }) => [
        markdownCode(name),
        markdownText(description),
      ]);
      return `For ${GROUPS[group]}:\n\n${markdownTable(['variable', 'what it says'], rows)}`;
    })
    .join('\n\n');
}

function settingTable(): string {
  const rows = SETTING_KEYS.map((key) => {
    const { description, environment, kind } = definitionOf(key);
    const preset = formatSetting(key, definitionOf(key).default);
    const variables = environment.map(({ name }) => markdownCode(name)).join(', ');
    const perModel = MODEL_SETTING_KEYS.includes(key) ? ' •' : '';
    return [
      `${markdownCode(key)}${perModel}`,
      preset === '' ? '' : markdownCode(preset),
      markdownText(description),
      markdownText(kind.expects),
      variables,
    ];
  });
  return markdownTable(['setting', 'default', 'what it does', 'value', 'variable'], rows);
}
