import HistoryList from './list.ts';

/** `history` alone is `history list`. */
export default class History extends HistoryList {
  static override hiddenAliases = [];

  static override summary = 'List, read, search, export and remove kept conversations';

  static override examples = ['<%= config.bin %> history', '<%= config.bin %> history show'];
}
