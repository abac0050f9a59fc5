import { formatDiskSize } from '../lib/format.ts';
import type { GgufHeader } from '../lib/gguf/header.ts';
import type { GgufValue } from '../lib/gguf/header-values.ts';
import { tensorBytes, tensorTypeName } from '../lib/gguf/memory-types.ts';
import type { ModelInfo } from '../lib/info/types.ts';
import { renderTable, shorten } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { hereWords } from './info-text.ts';

/**
 * Letters of a key or a tensor that are shown. Real ones have up to 64 (`GGML_MAX_NAME`); a megabyte
 * that somebody made one of would make every line that long.
 */
const LONGEST_NAME = 128;

/** All files of a repository, and what each is. */
export function renderFiles(info: ModelInfo, terminal: Terminal): string {
  const { other, projectors, quants } = info;
  const sizes = new Map(info.listing?.files.map(({ path, size }) => [path, size]));
  const rows = [
    ...quants.flatMap((quant) =>
      quant.files.map(({ path, size }) => ({
        path,
        size,
        kind: quant.label,
        here: quant.stored?.state === 'complete' ? hereWords(quant) : '',
      })),
    ),
    ...projectors.map(({ isStored, path, size }) => ({
      path,
      size,
      kind: 'projector',
      here: isStored ? 'here' : '',
    })),
    ...other.map(({ kind, path, reason }) => ({
      path,
      size: sizes.get(path) ?? 0,
      kind: reason ?? kind,
      here: '',
    })),
  ];
  return renderTable({
    columns: [
      { header: 'FILE', shrinks: true },
      { header: 'SIZE', align: 'right' },
      { header: 'WHAT', shrinks: true },
      { header: '' },
    ],
    headerStyle: terminal.headerStyle,
    rows: rows.map(({ here, kind, path, size }) => [path, formatDiskSize(size), kind, here]),
    width: widthOf(terminal),
  });
}

/** The metadata of a header; of a list that was not read, its type and length. */
export function renderMetadata(header: GgufHeader, terminal: Terminal): string {
  const keys = new Set([...header.metadata.keys(), ...header.arrays.keys()]);
  return renderTable({
    columns: [
      { header: 'KEY', shrinks: true },
      { header: 'VALUE', shrinks: true },
    ],
    headerStyle: terminal.headerStyle,
    rows: Array.from(keys, (key) => [shorten(key, LONGEST_NAME), valueText(header, key)]),
    width: widthOf(terminal),
  });
}

function valueText({ arrays, metadata }: GgufHeader, key: string): string {
  const value: GgufValue | undefined = metadata.get(key);
  const array = arrays.get(key);
  if (value === undefined) return `${array?.type ?? ''}[${array?.length ?? 0}]`;
  return typeof value === 'object' ? `[${value.map(String).join(', ')}]` : String(value);
}

/** The tensors of a model, shard by shard. */
export function renderTensors(headers: readonly GgufHeader[], terminal: Terminal): string {
  return renderTable({
    columns: [
      { header: 'TENSOR', shrinks: true },
      { header: 'TYPE' },
      { header: 'SHAPE', align: 'right' },
      { header: 'SIZE', align: 'right' },
    ],
    headerStyle: terminal.headerStyle,
    rows: headers
      .flatMap(({ tensors = [] }) => tensors)
      .map(({ dimensions, name, type }) => {
        const bytes = tensorBytes(type, dimensions);
        return [
          shorten(name, LONGEST_NAME),
          tensorTypeName(type),
          dimensions.join(' × '),
          bytes === undefined ? '' : formatDiskSize(bytes),
        ];
      }),
    width: widthOf(terminal),
  });
}

function widthOf(terminal: Terminal): number | undefined {
  return terminal.stdoutIsTerminal ? terminal.columns : undefined;
}
