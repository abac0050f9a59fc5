import AliasList from './list.ts';

/** `alias` alone is `alias list`. */
export default class Alias extends AliasList {
  static override summary = 'Give models short names';

  static override examples = [
    '<%= config.bin %> alias',
    '<%= config.bin %> alias set fast bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M',
  ];
}
